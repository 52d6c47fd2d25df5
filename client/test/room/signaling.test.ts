/** Our seat at one stamp, against a backend and a service on loopback. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HeliographError } from "../../src/errors.js";
import { Entrance } from "../../src/room/entrance.js";
import { Signaling, type SignalingPorts } from "../../src/room/signaling.js";
import type { Change } from "../../src/stamps/presence-types.js";
import { Api } from "../../src/wire/api.js";
import type { Admission, Envelope } from "../../src/wire/protocol.js";
import { CLOCKS } from "../clocks.js";
import { Service, until } from "../loopback/service.js";

const A = "AAAAAAAAAAAAAAAA";
const NEGOTIATE = "/api/negotiate";
const SIGNAL = "/api/signal";

const JOINED = { peer: "B".repeat(16), name: "Ann", role: "guest", joinedAt: 1, visit: 1 };
const SECRET = "S".repeat(22);

let service: Service;
let signaling: Signaling;
let states: string[];
let changes: Change[];
let admissions: Admission[];
let failures: HeliographError[];
let refusals: HeliographError[];
let closings: string[];
let heard: number; // orders

const ports: SignalingPorts = {
  admitted: (admission) => admissions.push(admission),
  members: (all) => changes.push(...all),
  received: () => {},
  locked: () => {
    heard += 1;
  },
  state: (state) => states.push(state),
  failed: (error) => failures.push(error),
  refused: (error) => {
    refusals.push(error);
    void signaling.stop();
  },
  closed: (_, code) => closings.push(code),
};

/** Takes a seat, as `join` does. */
async function enter(): Promise<Signaling> {
  const request = { room: "r", secret: SECRET, visit: 1 };
  const seat = { apis: [new Api(service.backend)], request, home: null, first: null };
  const entrance = new Entrance(seat);
  const { stamp, admission } = await entrance.admitted();
  const tokens = new Map([[stamp, admission.token]]);
  const { firsts, orders } = entrance;
  return new Signaling({ seat, self: admission.peer, firsts, orders, tokens }, ports);
}

const tokenNow = () => signaling.stamps[0]?.token;

async function connected(): Promise<void> {
  signaling = await enter();
  await until(() => states.includes("connected"));
}

const text = (more: Partial<Envelope> = {}): Envelope =>
  ({ v: 1, seq: signaling.nextSeq(), kind: "text", body: { text: "hi" }, ...more }) as Envelope;
const offer = (to?: string): Envelope => ({
  ...{ v: 1, seq: signaling.nextSeq(), kind: "offer", body: { pc: "p1", sdp: "v=0" } },
  ...(to ? { to } : {}),
});

beforeEach(async () => {
  service = await Service.start();
  [states, changes, admissions, failures, refusals, closings] = [[], [], [], [], [], []];
  heard = 0;
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await signaling.stop();
  await service.stop();
});

describe("the proof of having met a peer", () => {
  const pushed = (peer: string, visit: number, met?: string) =>
    service.push("joined", { ...JOINED, peer, visit, met });

  test("is the one of its newest page", async () => {
    const [bob, cyd, dan] = ["B", "C", "D"].map((letter) => letter.repeat(16)) as [
      string,
      string,
      string,
    ];
    await connected();
    expect(signaling.met(bob)).toBe("");
    pushed(bob, 5, "of 5");
    pushed(bob, 7, "of 7");
    pushed(bob, 6, "of 6"); // a stamp that is behind
    pushed(dan, 1);
    pushed(cyd, 1, "of 1");
    await until(() => signaling.met(cyd) === "of 1");
    expect([signaling.met(bob), signaling.met(dan)]).toEqual(["of 7", ""]);
    service.push("left", { peer: bob, reason: "left", visit: 7 });
    await until(() => signaling.visitOf(bob) === -1);
    expect(signaling.met(bob)).toBe("of 7"); // its report comes after it has left
  });
});

describe("asleep", () => {
  const SLEEP = "/api/sleep";
  const KEPT = { status: 204, body: null };
  const asleep = () => signaling.stamps[0]?.state === "asleep";

  async function sleeping(): Promise<void> {
    await connected();
    service.nextAnswers.set(SLEEP, [KEPT, KEPT, KEPT]);
    signaling.sleep();
    await until(() => asleep() && service.openSockets === 0);
  }

  test("the seat is kept, the socket ends, and the room stays connected", async () => {
    await sleeping();
    expect(service.pathsOf(SLEEP).map(({ token }) => token)).toEqual([tokenNow()]);
    await until(() => service.openSockets === 0);
    expect(states).toEqual(["connected"]);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    expect(refusals).toEqual([]);
  });

  test("a message goes by HTTP", async () => {
    await sleeping();
    await signaling.post(text({ to: A }));
    expect(service.pathsOf(SIGNAL)).toHaveLength(1);
  });

  test("it wakes with a negotiate and a socket, at once", async () => {
    await sleeping();
    const began = performance.now();
    signaling.wake();
    await until(() => service.openSockets === 1);
    expect(performance.now() - began).toBeLessThan(400);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
    expect(states).toEqual(["connected"]);
  });

  test("a stamp that does not keep the seat keeps the socket", async () => {
    await connected();
    service.refuseNext(SLEEP, 503, { code: "unavailable", message: "" });
    signaling.sleep();
    await until(() => service.pathsOf(SLEEP).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([service.openSockets, signaling.stamps[0]?.state]).toEqual([1, "connected"]);
  });

  test("woken before the stamp has answered, it keeps the socket and says that it is awake", async () => {
    await connected();
    service.nextAnswers.set(SLEEP, [KEPT]);
    signaling.sleep();
    signaling.wake();
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
    expect([service.openSockets, signaling.stamps[0]?.state]).toEqual([1, "connected"]);
  });

  test("a socket that comes while the others sleep goes to sleep too", async () => {
    signaling = await enter();
    service.nextAnswers.set(SLEEP, [KEPT]);
    signaling.sleep();
    await until(asleep);
  });

  test("the token is renewed without a socket", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    await sleeping();
    // No further: the call has a deadline, and no time to answer meanwhile.
    await vi.advanceTimersByTimeAsync(3_600_000 * 0.75 + 1_000);
    await until(() => service.pathsOf(SLEEP).length === 2);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
    expect([service.openSockets, signaling.stamps[0]?.state]).toEqual([0, "asleep"]);
  });

  test("to leave ends it", async () => {
    await sleeping();
    await signaling.stop();
    await until(() => signaling.stamps[0]?.state === "ended");
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
  });
});

describe("an envelope", () => {
  test("goes by the socket while it is open, and by HTTP before", async () => {
    signaling = await enter();
    await signaling.post(text({ to: A }));
    expect(service.pathsOf(SIGNAL)).toHaveLength(1);
    expect(service.pathsOf(SIGNAL)[0]?.token).toBe(tokenNow());
    await until(() => states.includes("connected"));
    await signaling.post(text({ to: A }));
    expect(service.pathsOf(SIGNAL)).toHaveLength(1);
    expect(service.invocations).toHaveLength(1);
  });

  test("to one peer goes by signal, to everyone by broadcast, and an offer to nobody is parked", async () => {
    await connected();
    for (const envelope of [text({ to: A }), text(), offer(A)]) await signaling.post(envelope);
    signaling.park(offer());
    await until(() => service.invocations.length === 4);
    expect(service.invocations.map(({ method }) => method)).toEqual([
      "signal",
      "broadcast",
      "signal",
      "signal",
    ]);
  });

  test("goes by HTTP, with its seq, if the socket breaks before it is answered", async () => {
    service.reply = () => new Promise(() => {});
    await connected();
    const envelope = text({ to: A });
    const posted = signaling.post(envelope);
    await until(() => service.invocations.length === 1);
    service.dropSockets();
    await posted;
    expect(service.pathsOf(SIGNAL).map(({ body }) => body)).toEqual([envelope]);
  });

  test("that is refused rejects with the code, and is not sent again by HTTP", async () => {
    service.reply = () => ({ ok: false, code: "rate_limited", message: "", retryAfter: 1 });
    await connected();
    await expect(signaling.post(text())).rejects.toMatchObject({ code: "rate_limited" });
    expect(service.pathsOf(SIGNAL)).toEqual([]);
  });

  test("that is sent without waiting tells its owner when it is refused", async () => {
    service.reply = () => ({ ok: false, code: "peer_not_found", message: "" });
    await connected();
    signaling.send(text({ to: A }));
    await until(() => failures.length === 1);
    expect(failures[0]?.code).toBe("peer_not_found");
  });

  test("that is sent without waiting, and taken, tells nobody", async () => {
    await connected();
    signaling.send(text({ to: A }));
    await until(() => service.invocations.length === 1);
    await signaling.post(text());
    expect(failures).toEqual([]);
  });

  test("that is one too many at its moment goes again, and nobody is told", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await connected();
    const busy = { ok: false, code: "rate_limited", message: "", retryAfter: 0.05 };
    const answers: object[] = [busy, busy, { ok: true }];
    service.reply = () => answers.shift();
    signaling.send(offer(A));
    await until(() => answers.length === 0);
    expect(failures).toEqual([]);
    expect(service.invocations).toHaveLength(3);
  });

  test("is told to have failed if it is one too many again and again", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await connected();
    service.reply = () => ({ ok: false, code: "rate_limited", message: "", retryAfter: 0.01 });
    signaling.send(offer(A));
    await until(() => failures.length === 1);
    expect(failures[0]?.code).toBe("rate_limited");
    expect(service.invocations).toHaveLength(4);
  });

  test("has a greater seq than the one before", async () => {
    signaling = await enter();
    const seqs = [1, 2, 3].map(() => signaling.nextSeq());
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(3);
  });
});

describe("a socket that ends", () => {
  test("is opened again, as the same peer", async () => {
    await connected();
    const token = tokenNow();
    service.dropSockets();
    await until(() => states.length === 3);
    expect(states).toEqual(["connected", "reconnecting", "connected"]);
    const [, again] = service.pathsOf(NEGOTIATE);
    expect(again?.token).toBeUndefined();
    expect(again?.body).toEqual({ room: "r", secret: SECRET, visit: 1 });
    expect(admissions).toHaveLength(2);
    expect(tokenNow()).toBe(admissions[1]?.token);
    expect(tokenNow()).not.toBe(token);
  });

  test("delivers what is pushed to the new one", async () => {
    await connected();
    service.dropSockets();
    await until(() => states.length === 3);
    service.push("joined", JOINED);
    await until(() => changes.length === 1);
  });

  test("is opened again after a message says that our seat is gone", async () => {
    await connected();
    service.reply = () => ({ ok: false, code: "not_member", message: "" });
    await expect(signaling.post(text())).rejects.toMatchObject({ code: "not_member" });
    await until(() => signaling.stamps[0]?.open === false);
    await until(() => signaling.stamps[0]?.open === true);
    expect([service.pathsOf(NEGOTIATE).length, states]).toEqual([2, ["connected"]]);
  });

  test("is not opened again once the seat is being given up", async () => {
    await connected();
    signaling.stopReconnecting();
    service.dropSockets();
    await until(() => service.openSockets === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    expect(states).toEqual(["connected"]);
  });
});

describe("a socket", () => {
  const FIRST_PAUSE = [
    [0, 3_000], // by a random number of so much, after so many ms
    [0.999, 6_000],
  ] as const;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });

  /** Lets virtual time pass, and in between all that comes by the network. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 100));
      for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** It is told to everyone. */
  async function hears(): Promise<boolean> {
    const before = heard;
    service.push("orders", { orders: "o.r.d", locked: false });
    await pass(500);
    return heard > before;
  }

  async function unknown(): Promise<void> {
    service.losesConnected = 1;
    await connected();
  }

  const asked = () => service.pathsOf(NEGOTIATE).length;

  test("that the stamp does not know hears what is said by name, and nothing that is said to everyone", async () => {
    await unknown();
    service.push("joined", JOINED);
    await until(() => changes.length === 1);
    expect([await hears(), service.openSockets]).toEqual([false, 1]);
  });

  test.each(FIRST_PAUSE)(
    "that it does not know is replaced, by a random number of %d, after %d ms",
    async (random, ms) => {
      vi.spyOn(Math, "random").mockReturnValue(random);
      await unknown();
      await pass(ms - 100);
      expect(asked()).toBe(1);
      await pass(1_000);
      expect(asked()).toBe(3);
      expect([await hears(), service.openSockets]).toEqual([true, 1]);
      await pass(12_000);
      // Of the new one the stamp has told us, and to the user nothing has happened.
      expect([asked(), states]).toEqual([3, ["connected"]]);
    },
  );

  test("that it does not know is replaced within 12 s, also if negotiate fails once", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await unknown();
    service.refuseNext(NEGOTIATE, 503, { code: "busy", retryAfter: 0 });
    await pass(4_000);
    expect([asked(), states]).toEqual([2, ["connected"]]);
    await pass(8_000);
    expect([await hears(), asked(), states]).toEqual([true, 4, ["connected"]]);
  });

  test("that it does not know is replaced again if the next one is not known either", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    service.losesConnected = 2;
    await connected();
    await pass(8_000);
    expect([await hears(), service.openSockets]).toEqual([true, 1]);
    expect(states).toEqual(["connected", "reconnecting", "connected"]);
  });

  test.each([
    ["the stamp does not answer", () => service.refuseNext(NEGOTIATE, 503, { code: "busy" })],
    [
      "no socket opens",
      () => {
        service.accepts = false;
      },
    ],
  ])("that it does not know is told as lost if it cannot be replaced: %s", async (_, break_) => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    await unknown();
    for (let ms = 0; ms < 6_000 && signaling.stamps[0]?.open; ms += 100) await pass(100);
    expect(states).toEqual(["connected"]);
    break_();
    await pass(1_000);
    expect(states.slice(0, 2)).toEqual(["connected", "reconnecting"]);
    service.accepts = true;
    await pass(2_000);
    expect(states).toEqual(["connected", "reconnecting", "connected"]);
  });

  test("that it does not know is found by an answer for another reason, and not by one asked for too early", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    await unknown();
    await pass(2_900);
    const early = signaling.refresh();
    await vi.advanceTimersByTimeAsync(200); // the answer is under way
    await early;
    await pass(1_000);
    expect([asked(), states]).toEqual([2, ["connected"]]);
    await signaling.refresh();
    await pass(1_000);
    expect([await hears(), states]).toEqual([true, ["connected"]]);
  });

  test("that has ended is not asked about", async () => {
    await unknown();
    await signaling.stop();
    await pass(31_000); // the WebSocket has one of 30 s
    expect([asked(), vi.getTimerCount()]).toEqual([1, 0]);
  });

  test.each(["hung", "swallowed"] as const)(
    "that is %s is replaced by polls, and nobody is told that anything was lost",
    async (way) => {
      service.sockets = way;
      signaling = await enter();
      await until(() => service.upgrades === 1);
      await pass(2_900);
      expect([asked(), states]).toEqual([1, []]);
      await pass(300);
      await until(() => states.length > 0);
      expect([asked(), states]).toEqual([2, ["connected"]]);
      await pass(14_000);
      expect([await hears(), asked(), states]).toEqual([true, 2, ["connected"]]);
      expect([service.upgrades, service.openSockets, service.lostSockets]).toEqual([1, 1, 0]);
    },
  );

  test("that it knows is not asked about, and stays", async () => {
    await connected();
    await pass(14_000);
    expect([asked(), states]).toEqual([1, ["connected"]]);
  });
});

describe("a seat that is asked for again", () => {
  test.each(["busy", "unavailable", "rate_limited", "proof_required", "bad_proof"])(
    "is asked for once more after %s",
    async (code) => {
      vi.spyOn(Math, "random").mockReturnValue(0);
      await connected();
      service.refuseNext(NEGOTIATE, 503, { code, retryAfter: 0 });
      service.dropSockets();
      await until(() => states.includes("reconnecting") && states.at(-1) === "connected");
      expect(service.pathsOf(NEGOTIATE)).toHaveLength(3);
      expect(refusals).toEqual([]);
    },
  );

  test.each(["kicked", "room_locked", "token_expired", "room_full"])(
    "is gone after %s, and nobody asks any more",
    async (code) => {
      await connected();
      service.refuseNext(NEGOTIATE, 403, { code });
      service.dropSockets();
      await until(() => refusals.length === 1);
      expect(refusals[0]?.code).toBe(code);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
    },
  );

  test("is replaced if HTTP takes a message and the socket answers nothing", async () => {
    await connected();
    service.reply = () => new Promise(() => {});
    const began = performance.now();
    await signaling.post({ v: 1, seq: 1, kind: "text", body: { text: "hi" } });
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(service.pathsOf("/api/signal")).toMatchObject([{ body: { body: { text: "hi" } } }]);
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
    service.reply = () => ({ ok: true });
    await until(() => states.at(-1) === "connected" && service.openSockets === 1);
    expect(states).not.toContain("reconnecting"); // we replace it ourselves
  });

  test("parks an offer once, however slow it is", async () => {
    await connected();
    service.reply = () => new Promise((resolve) => setTimeout(() => resolve({ ok: true }), 1_300));
    await signaling.post({ v: 1, seq: 1, kind: "offer", body: { pc: "p", sdp: "v=0" } });
    expect([service.invocations.length, service.pathsOf("/api/signal")]).toEqual([1, []]);
  });

  test("is kept if it is only slow, and what it refuses late is refused", async () => {
    await connected();
    const slow = (answer: object) => () =>
      new Promise((resolve) => setTimeout(() => resolve(answer), 1_300));
    service.reply = slow({ ok: true });
    await signaling.post({ v: 1, seq: 1, kind: "text", body: { text: "hi" } });
    service.reply = slow({ ok: false, code: "too_large", message: "" });
    service.refuseNext("/api/signal", 413, { code: "too_large" });
    const refused = signaling.post({ v: 1, seq: 2, kind: "text", body: { text: "hi" } });
    await expect(refused).rejects.toMatchObject({ code: "too_large" });
    service.reply = () => ({ ok: true });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect([service.pathsOf(NEGOTIATE).length, service.openSockets]).toEqual([1, 1]);
  });

  test("is kept when the network is back if it still answers, and else replaced", async () => {
    await connected();
    signaling.doubt();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    service.reply = () => new Promise(() => {});
    signaling.doubt();
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
  });

  test("is replaced unseen when the network is back, also soon after it came back itself", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await connected();
    service.dropSockets();
    await until(() => states.length === 3 && service.openSockets === 1);
    service.reply = () => new Promise(() => {});
    signaling.doubt();
    await until(() => service.pathsOf(NEGOTIATE).length === 3);
    service.reply = () => ({ ok: true });
    await until(() => service.openSockets === 1);
    expect(states).toEqual(["connected", "reconnecting", "connected"]);
  });

  test("waits as long as the backend asks for, or until the network is back", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await connected();
    service.refuseNext(NEGOTIATE, 503, { code: "busy", retryAfter: 600 });
    service.dropSockets();
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
    signaling.doubt();
    await until(() => states.at(-1) === "connected");
  });

  test("is asked for again when no socket opens", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    service.accepts = false;
    signaling = await enter();
    await until(() => service.pathsOf(NEGOTIATE).length === 3);
    expect(states).not.toContain("connected");
    service.accepts = true;
    await until(() => states.at(-1) === "connected");
  });
});

describe("the token", () => {
  /** Lets virtual time pass, with a push every 20 s: a socket that is silent for 30 s ends. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 20_000) {
      const before = heard;
      service.push("orders", { orders: "o.r.d", locked: false });
      await until(() => heard > before);
      await vi.advanceTimersByTimeAsync(Math.min(left, 20_000));
    }
  }

  test.each([
    [0, 0.75],
    [0.999, 0.85],
  ])("is renewed, by a random number of %d, at %d of its life", async (random, share) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    const token = tokenNow();
    await pass((share - 0.001) * 3_600_000);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    await pass(0.002 * 3_600_000);
    await until(() => admissions.length === 2);
    expect(tokenNow()).not.toBe(token);
    expect([states, service.openSockets]).toEqual([["connected"], 1]);
  });

  test.each(CLOCKS)("is renewed in time by a page whose clock is %s", async (_, ms) => {
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + ms);
    vi.spyOn(Math, "random").mockReturnValue(0);
    service.admission = { ttl: 1_800 };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    await pass(0.749 * 1_800_000);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    await pass(0.002 * 1_800_000);
    await until(() => admissions.length === 2);
  });

  test("is renewed again within minutes if that fails", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    service.refuseNext(NEGOTIATE, 503, { code: "busy" });
    await pass(0.751 * 3_600_000);
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
    expect(admissions).toHaveLength(1);
    await pass(0.751 * 300_000);
    await until(() => admissions.length === 2);
    expect(states).toEqual(["connected"]);
  });

  test("with hardly any life left is not renewed in a hurry", async () => {
    service.admission = { ttl: 1 };
    vi.spyOn(Math, "random").mockReturnValue(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    await pass(0.749 * 300_000);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    await pass(0.002 * 300_000);
    await until(() => admissions.length === 2);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
  });

  test("is not renewed after the end", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    await signaling.stop();
    await vi.advanceTimersByTimeAsync(2 * 3_600_000);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
  });
});

describe("an error that nobody foresaw", () => {
  const throwing = () => {
    throw new TypeError("of a list that we cannot take");
  };

  afterEach(() => {
    ports.admitted = (admission) => admissions.push(admission);
  });

  test("in what we do with an admission is told, and the socket opens all the same", async () => {
    ports.admitted = throwing;
    await connected();
    expect(failures.map(({ code }) => code)).toEqual(["unexpected"]);
    expect(failures[0]?.message).toContain("of a list that we cannot take");
    expect(service.openSockets).toBe(1);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1); // and not again and again
  });

  test("is told once, until there is an admission without one", async () => {
    await connected();
    ports.admitted = throwing;
    for (let n = 0; n < 3; n += 1) await signaling.refresh();
    expect(failures).toHaveLength(1);
    ports.admitted = (admission) => admissions.push(admission);
    await signaling.refresh();
    ports.admitted = throwing;
    await signaling.refresh();
    expect(failures.map(({ code }) => code)).toEqual(["unexpected", "unexpected"]);
  });

  test("while the seat is asked for is told, and it is asked for again after a pause", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    await connected();
    const api = signaling.stamps[0]?.api as Api;
    const asked = vi.spyOn(api, "negotiate").mockImplementation(async () => throwing());
    const since = performance.now();
    service.dropSockets();
    await until(() => asked.mock.calls.length === 3, 6_000);
    expect(performance.now() - since).toBeGreaterThan(1_000); // 250, 500 and 1,000 ms, less a moment
    expect(failures.map(({ code }) => code)).toEqual(["unexpected"]);
    asked.mockRestore();
    await until(() => service.openSockets === 1, 6_000);
  });
});
