/** Our seat in the room, against a backend and a service on loopback. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HeliographError } from "../../src/errors.js";
import { Signaling } from "../../src/room/signaling.js";
import { Api } from "../../src/wire/api.js";
import type { Admission, Envelope, Push } from "../../src/wire/protocol.js";
import { Service, until } from "../loopback/service.js";

const A = "AAAAAAAAAAAAAAAA";
const NEGOTIATE = "/api/negotiate";
const SIGNAL = "/api/signal";

let service: Service;
let signaling: Signaling;
let states: string[];
let pushes: Push[];
let admissions: Admission[];
let failures: HeliographError[];
let refusals: HeliographError[];

/** Takes a seat, as `join` does. */
async function enter(): Promise<Signaling> {
  const api = new Api(service.backend);
  const admission = await api.negotiate({ room: "r" });
  return new Signaling(api, admission, {
    pushed: (push) => pushes.push(push),
    admitted: (again) => admissions.push(again),
    state: (state) => states.push(state),
    failed: (error) => failures.push(error),
    refused: (error) => {
      refusals.push(error);
      void signaling.stop();
    },
  });
}

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
  [states, pushes, admissions, failures, refusals] = [[], [], [], [], []];
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await signaling.stop();
  await service.stop();
});

describe("an envelope", () => {
  test("goes by the socket while it is open, and by HTTP before", async () => {
    signaling = await enter();
    await signaling.post(text({ to: A }));
    expect(service.pathsOf(SIGNAL)).toHaveLength(1);
    expect(service.pathsOf(SIGNAL)[0]?.token).toBe(signaling.token);
    await until(() => states.includes("connected"));
    await signaling.post(text({ to: A }));
    expect(service.pathsOf(SIGNAL)).toHaveLength(1);
    expect(service.invocations).toHaveLength(1);
  });

  test("to one peer goes by signal, to everyone by broadcast, and an offer to nobody is parked", async () => {
    await connected();
    for (const envelope of [text({ to: A }), text(), offer(A), offer()]) {
      await signaling.post(envelope);
    }
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
    const { token } = signaling;
    service.dropSockets();
    await until(() => states.length === 3);
    expect(states).toEqual(["connected", "reconnecting", "connected"]);
    const [, again] = service.pathsOf(NEGOTIATE);
    expect([again?.token, again?.body]).toEqual([token, {}]);
    expect(admissions).toHaveLength(1);
    expect(signaling.token).toBe(admissions[0]?.token);
    expect(signaling.token).not.toBe(token);
  });

  test("delivers what is pushed to the new one", async () => {
    await connected();
    service.dropSockets();
    await until(() => states.length === 3);
    service.push("disconnected", { peer: A });
    await until(() => pushes.length === 1);
  });

  test("is opened again after a message says that our seat is gone", async () => {
    await connected();
    service.reply = () => ({ ok: false, code: "not_member", message: "" });
    await expect(signaling.post(text())).rejects.toMatchObject({ code: "not_member" });
    await until(() => states.length === 3);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
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

  test("waits as long as the backend asks for, or until the network is back", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    await connected();
    service.refuseNext(NEGOTIATE, 503, { code: "busy", retryAfter: 600 });
    service.dropSockets();
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
    signaling.reconnectNow();
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
      await vi.advanceTimersByTimeAsync(Math.min(left, 20_000));
      const received = pushes.length;
      service.push("disconnected", { peer: A });
      await until(() => pushes.length > received);
    }
  }

  test.each([
    [0, 0.75],
    [0.999, 0.85],
  ])("is renewed, by a random number of %d, at %d of its life", async (random, share) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    const { token } = signaling;
    await pass((share - 0.001) * 3_600_000);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    await pass(0.002 * 3_600_000);
    await until(() => admissions.length === 1);
    expect(service.pathsOf(NEGOTIATE)[1]?.token).toBe(token);
    expect(signaling.token).not.toBe(token);
    expect([states, service.openSockets]).toEqual([["connected"], 1]);
  });

  test("is renewed again within minutes if that fails", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    service.refuseNext(NEGOTIATE, 503, { code: "busy" });
    await pass(0.751 * 3_600_000);
    await until(() => service.pathsOf(NEGOTIATE).length === 2);
    expect(admissions).toEqual([]);
    await pass(0.751 * 300_000);
    await until(() => admissions.length === 1);
    expect(states).toEqual(["connected"]);
  });

  test("of an expiry in the past, by a wrong clock, is not renewed in a hurry", async () => {
    service.admission = { expiresAt: 1 };
    vi.spyOn(Math, "random").mockReturnValue(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await connected();
    await pass(0.749 * 300_000);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    await pass(0.002 * 300_000);
    await until(() => admissions.length === 1);
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
