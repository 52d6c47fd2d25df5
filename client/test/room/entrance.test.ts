/** Who is asked for a seat, and when: the tables at the head of entrance.ts, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Brought, Entrance, type Seat } from "../../src/room/entrance.js";
import { Api } from "../../src/wire/api.js";

type Answer = () => Promise<Response> | Response;

const ADMISSION = {
  ...{ url: "https://service.example/client", accessToken: "a.b.c", room: "r" },
  ...{ peer: "AAAAAAAAAAAAAAAA", role: "guest", name: "", token: "t.o.k", ttl: 1 },
  ...{ visit: 1, admittedAt: 1, iceServers: [], turn: "off" },
  ...{ peers: [], capacity: 8, locked: false },
};
const REQUEST = { room: "r", secret: "S".repeat(22), visit: 1 };

let start: number;
/** [stamp, path, ms since the start]. */
let asked: [number, string, number][];
let answers: [Answer, Answer];
let offers: readonly { offer: Brought["offer"]; taken: boolean }[];
/** By stamp: the seqs of the offers that were brought to it. */
let brought: number[][];
/** By stamp: what we said that we have. */
let had: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  start = Date.now();
  asked = [];
  offers = [];
  brought = [[], []];
  had = [];
  signal = undefined;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const offer = (seq: number) => ({
  offer: { seq, body: { pc: `p${seq}`, sdp: "v=0" } },
  taken: false,
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const admits = () => json(200, ADMISSION);
const refuses =
  (code: string, status = 409): Answer =>
  () =>
    json(status, { error: { code, message: "" } });
const away: Answer = () => Promise.reject(new TypeError("Failed to fetch"));
const frozen: Answer = () => new Promise(() => {});
const after =
  (ms: number, answer: Answer): Answer =>
  () =>
    new Promise((resolve) => {
      setTimeout(() => resolve(answer()), ms);
    });

let signal: AbortSignal | undefined;

function enter(home: number | null, ...both: [Answer, Answer]): Entrance {
  return ask({ home, first: home }, ...both);
}

function ask(order: Pick<Seat, "home" | "first">, ...both: [Answer, Answer]): Entrance {
  answers = both;
  const apis = [0, 1].map((stamp) => {
    return new Api(`https://stamp-${stamp}.example/api`, async (url, init) => {
      const path = new URL(String(url)).pathname.replace("/api", "");
      asked.push([stamp, path, Date.now() - start]);
      const body: { offers?: { seq: number }[]; have?: number[] } = JSON.parse(String(init?.body));
      brought[stamp] = (body.offers ?? []).map(({ seq }) => seq);
      had[stamp] = body.have;
      if (path === "/leave") return new Response(null, { status: 204 });
      return new Promise((resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("AbortError")));
        Promise.resolve(answers[stamp]?.()).then((answer) => resolve(answer as Response), reject);
      });
    });
  });
  return new Entrance({ apis, request: REQUEST, ...order }, signal, offers);
}

/** The stamp that admitted us, or the code of the refusal; and the ms until then. */
async function outcome(entrance: Entrance): Promise<[number | string, number]> {
  const since = () => Date.now() - start;
  const end = entrance.admitted().then(
    ({ stamp }): [number | string, number] => [stamp, since()],
    (error): [number | string, number] => [error.code, since()],
  );
  await pass(60_000);
  return end;
}
const negotiated = () => asked.filter(([, path]) => path === "/negotiate");
const leaves = () => asked.filter(([, path]) => path === "/leave").map(([stamp]) => stamp);

describe("an open room", () => {
  test("asks both at once, and the first counts", async () => {
    expect(await outcome(enter(null, after(90, admits), after(40, admits)))).toEqual([1, 40]);
    expect(negotiated()).toEqual([
      [0, "/negotiate", 0],
      [1, "/negotiate", 0],
    ]);
    expect(leaves()).toEqual([]);
  });

  test.each([
    ["dead", away],
    ["frozen", frozen],
    ["full", refuses("room_full")],
  ])("lets us in where we can be, while the other stamp is %s", async (_, other) => {
    expect(await outcome(enter(null, other, after(40, admits)))).toEqual([1, 40]);
  });
});

describe("an open room, to which several offers are brought,", () => {
  const order = { home: null, first: 1 };

  test("is asked for at the first stamp, and at the other when who came too has taken some", async () => {
    offers = [1, 2, 3].map(offer);
    const first = after(50, () => json(200, { ...ADMISSION, parked: [2, 3] }));
    const entrance = ask(order, admits, first);
    setTimeout(() => Object.assign(offers[1] ?? {}, { taken: true }), 340);
    expect(await outcome(entrance)).toEqual([1, 50]);
    expect(negotiated()).toEqual([
      [1, "/negotiate", 0],
      [0, "/negotiate", 350],
    ]);
    expect(brought).toEqual([[3], [1, 2, 3]]);
  });

  test.each([
    ["dead", away, 40],
    ["frozen", frozen, 340],
    ["full", refuses("room_full"), 40],
  ])("lets us in at the other if the first is %s", async (_, first, ms) => {
    offers = [1, 2].map(offer);
    expect(await outcome(ask(order, after(40, admits), first))).toEqual([0, ms]);
  });
});

describe("a created room", () => {
  test("asks home first, and the other as soon as home has answered", async () => {
    expect(await outcome(enter(1, admits, after(50, admits)))).toEqual([1, 50]);
    expect(negotiated()).toEqual([
      [1, "/negotiate", 0],
      [0, "/negotiate", 50],
    ]);
  });

  test.each([
    ["if it waits there", [1], [1]],
    ["unless it was dropped or has found somebody", [], []],
  ])("brings the other its offer %s", async (_, parked, then) => {
    offers = [offer(1)];
    const home = () => json(200, { ...ADMISSION, parked });
    await outcome(enter(0, after(50, home), admits));
    expect(brought).toEqual([[1], then]);
    expect(negotiated()[1]).toEqual([1, "/negotiate", 50]);
  });

  test("tells the other which offers home has given us", async () => {
    const member = { name: "", role: "guest", joinedAt: 1, visit: 1, connected: true };
    const peers = ["B", "C", "D"].map((letter, seq) => ({
      ...{ ...member, peer: letter.repeat(16) },
      ...(seq > 0 ? { offer: { seq, body: { pc: "p", sdp: "v=0" } } } : {}),
    }));
    await outcome(enter(0, () => json(200, { ...ADMISSION, peers }), admits));
    expect(had).toEqual([undefined, [1, 2]]);
  });

  test("brings the other all offers after 300 ms without an answer of home", async () => {
    offers = [offer(1)];
    await outcome(enter(0, frozen, admits));
    expect(brought).toEqual([[1], [1]]);
  });

  test("asks the other after 300 ms without an answer of home", async () => {
    expect(await outcome(enter(0, frozen, after(40, admits)))).toEqual([1, 340]);
  });

  test("asks the other at once if home cannot be reached, or is busy", async () => {
    expect(await outcome(enter(0, away, admits))).toEqual([1, 0]);
    start = Date.now();
    expect(await outcome(enter(0, refuses("busy", 503), admits))).toEqual([1, 0]);
  });

  test.each(["room_full", "invite_used", "invite_revoked", "room_locked", "kicked"])(
    "is refused with home's %s, and nobody else is asked",
    async (code) => {
      expect(await outcome(enter(0, after(50, refuses(code)), admits))).toEqual([code, 50]);
      expect(negotiated()).toHaveLength(1);
    },
  );

  test("is refused by home also while the other is still thinking, and its seat is left", async () => {
    const entrance = enter(0, after(400, refuses("room_full")), after(500, admits));
    expect(await outcome(entrance)).toEqual(["room_full", 400]);
    expect(leaves()).toEqual([1]);
  });

  test("that home gives counts more than the other's refusal", async () => {
    const entrance = enter(0, after(1_500, admits), refuses("room_full"));
    expect(await outcome(entrance)).toEqual([0, 1_500]);
  });

  test("is refused by the other if home says nothing for 2 s; a late seat is left", async () => {
    const entrance = enter(0, after(5_000, admits), refuses("room_full"));
    expect(await outcome(entrance)).toEqual(["room_full", 2_300]);
    expect(leaves()).toEqual([0]);
  });
});

describe("a join", () => {
  test("that is aborted is over at once, and each seat that is given later is left", async () => {
    const controller = new AbortController();
    signal = controller.signal;
    const entrance = enter(null, after(100, admits), after(200, admits));
    setTimeout(() => controller.abort(), 50);
    expect(await outcome(entrance)).toEqual(["aborted", 50]);
    expect(leaves()).toEqual([0, 1]);
  });

  test("that is aborted before its call asks nobody", async () => {
    signal = AbortSignal.abort();
    expect((await outcome(enter(0, admits, admits)))[0]).toBe("aborted");
    expect(negotiated()).toEqual([]);
  });

  test("with both away is over within a moment, with both frozen after 10 s", async () => {
    const [code, ms] = await outcome(enter(null, away, away));
    expect([code, ms < 50]).toEqual(["backend_away", true]);
    expect(negotiated()).toHaveLength(6);
    start = Date.now();
    expect(await outcome(enter(null, frozen, frozen))).toEqual(["backend_away", 10_000]);
    expect(negotiated()).toHaveLength(8);
  });
});
