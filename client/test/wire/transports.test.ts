/** The real SignalR client in networks that block WebSockets, against a service on loopback. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Hub } from "../../src/wire/hub.js";
import type { Access, Envelope, Push } from "../../src/wire/protocol.js";
import { Service, until } from "../loopback/service.js";
import { store } from "../turn/store.js";

const A = "AAAAAAAAAAAAAAAA";
const TEXT: Envelope = { v: 1, seq: 1, to: A, kind: "text", body: { text: "hello" } };
const PATIENCE_MS = 3_000;

let service: Service;
let hub: Hub;
let pushes: Push[];
let first: Access;
/** The answers of negotiate that were asked for. */
let renewals: Access[];
let renew: () => Promise<Access | null>;

beforeEach(async () => {
  vi.stubGlobal("localStorage", store());
  service = await Service.start();
  hub = newHub();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await hub.stop();
  await service.stop();
});

function newHub(): Hub {
  pushes = [];
  renewals = [];
  first = service.admissionNow();
  renew = async () => {
    const access = service.admissionNow();
    renewals.push(access);
    return access;
  };
  return new Hub(first, (push) => pushes.push(push));
}

const start = () => hub.start(() => renew());

/** Until the client is tired of its WebSocket, and goes on. */
async function tired(): Promise<void> {
  await until(() => service.upgrades === 1);
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
}

const fakeTimeouts = () =>
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });

describe("a WebSocket that works", () => {
  test("is all that is asked for", async () => {
    expect(await start()).toBe(true);
    expect(await hub.invoke("signal", TEXT)).toBe(true);
    expect([service.upgrades, service.polls.requests, renewals]).toEqual([1, [], []]);
    expect(hub.access.admittedAt).toBe(first.admittedAt);
  });
});

describe.each(["refused", "reset"] as const)("a WebSocket that is %s", (way) => {
  test("is replaced by polls, with the same answer of negotiate", async () => {
    service.sockets = way;
    expect(await start()).toBe(true);
    expect([service.upgrades, renewals, service.openSockets]).toEqual([1, [], 1]);
    expect([hub.open, hub.access.admittedAt]).toEqual([true, first.admittedAt]);
  });
});

describe.each(["hung", "swallowed"] as const)("a WebSocket that is %s", (way) => {
  test("is replaced after 3 s by polls, with a newer answer, and closed", async () => {
    service.sockets = way;
    fakeTimeouts();
    const started = start();
    await until(() => service.upgrades === 1);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
    expect([renewals.length, service.polls.requests]).toEqual([0, []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await started).toBe(true);
    expect(renewals).toHaveLength(1);
    expect([hub.open, hub.access.admittedAt]).toEqual([true, renewals[0]?.admittedAt]);
    await until(() => service.lostSockets === 0);
    expect(service.openSockets).toBe(1);
  });
});

describe("a WebSocket that is only slow", () => {
  test("is taken if it answers before we are admitted again", async () => {
    service.sockets = "hung";
    fakeTimeouts();
    let admit = (_: Access) => {};
    renew = () => new Promise((resolve) => (admit = resolve));
    const started = start();
    await tired();
    service.answerUpgrades();
    expect(await started).toBe(true);
    admit(service.admissionNow());
    await vi.advanceTimersByTimeAsync(1_000);
    expect([service.polls.requests, hub.open, hub.access.admittedAt]).toEqual([
      [],
      true,
      first.admittedAt,
    ]);
  });

  test("is taken if it answers before the service does by HTTP", async () => {
    service.sockets = "hung";
    service.polls.isSilent = true;
    fakeTimeouts();
    const started = start();
    await tired();
    await until(() => service.polls.requests.length === 1);
    service.answerUpgrades();
    expect(await started).toBe(true);
    service.polls.answerNow();
    await until(() => service.openSockets === 1);
    expect([service.polls.requests.length, hub.open, hub.access.admittedAt]).toEqual([
      1,
      true,
      first.admittedAt,
    ]);
    expect(await hub.invoke("signal", TEXT)).toBe(true);
  });

  test("is taken if we are not admitted again", async () => {
    service.sockets = "hung";
    fakeTimeouts();
    renew = async () => null;
    const started = start();
    await tired();
    service.answerUpgrades();
    expect(await started).toBe(true);
    expect(service.polls.requests).toEqual([]);
  });
});

describe("where nothing gets through", () => {
  test("the start fails at once if all is refused", async () => {
    service.accepts = false;
    expect(await start()).toBe(false);
    expect([service.upgrades, service.polls.requests, hub.open]).toEqual([
      1,
      ["POST /client/negotiate", "GET /client/"],
      false,
    ]);
  });

  test("the start fails after 15 s if nothing is answered, and leaves nothing behind", async () => {
    service.sockets = "hung";
    service.polls.isSilent = true;
    fakeTimeouts();
    const started = start();
    await tired();
    await until(() => service.polls.requests.length === 1);
    await vi.advanceTimersByTimeAsync(15_000 - PATIENCE_MS);
    expect(await started).toBe(false);
    await until(() => service.lostSockets + service.polls.unanswered === 0);
  });

  test("a start that is stopped meanwhile leaves nothing behind", async () => {
    service.sockets = "hung";
    const started = start();
    await until(() => service.upgrades === 1);
    await hub.stop();
    expect(await started).toBe(false);
    await until(() => service.lostSockets === 0);
  });

  test("nor does one that is stopped at once", async () => {
    service.sockets = "hung";
    const started = start();
    await hub.stop();
    expect(await started).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(service.lostSockets).toBe(0);
  });

  test("nor does one that is stopped while the service is asked by HTTP", async () => {
    service.sockets = "refused";
    service.polls.isSilent = true;
    const started = start();
    await until(() => service.polls.requests.length === 1);
    await hub.stop();
    expect(await started).toBe(false);
    await until(() => service.polls.unanswered === 0);
  });
});

describe("by polls", () => {
  beforeEach(async () => {
    service.sockets = "refused";
    await start();
  });

  test("pushes come in order, one or several at a time", async () => {
    service.push("joined", { peer: A, name: "Ann", role: "guest", joinedAt: 1, visit: 1 });
    service.push("signal", { v: 1, from: A, seq: 5, kind: "bye", body: {} });
    await until(() => pushes.length === 3);
    service.push("closed", { code: "kicked", message: "No." });
    await until(() => pushes.length === 4);
    const targets = ["admitted", "joined", "signal", "closed"];
    expect(pushes.map(({ target }) => target)).toEqual(targets);
  });

  test("an envelope is taken, and refused with the service's code", async () => {
    expect(await hub.invoke("signal", TEXT)).toBe(true);
    expect(service.invocations).toEqual([{ method: "signal", envelope: TEXT }]);
    service.reply = () => ({ ok: false, code: "rate_limited", message: "Slower.", retryAfter: 3 });
    const refusal = { code: "rate_limited", retryAfter: 3 };
    await expect(hub.invoke("broadcast", TEXT)).rejects.toMatchObject(refusal);
  });

  test("the other end is alive, and has three times as long to say so", async () => {
    expect(await hub.isAlive(1_000)).toBe(true);
    service.reply = () => new Promise((resolve) => setTimeout(resolve, 250, { ok: false }));
    expect(await hub.isAlive(100)).toBe(true);
    expect(await hub.isAlive(50)).toBe(false);
  });

  test("it ends when the network goes", async () => {
    service.dropSockets();
    await hub.ended;
    expect(hub.open).toBe(false);
  });

  test("it ends at the service too when it is stopped", async () => {
    await hub.stop();
    await hub.ended;
    await until(() => service.openSockets === 0);
    expect(service.polls.requests.at(-1)).toBe("DELETE /client/");
  });

  test("a stop does not wait for a service that is silent", async () => {
    service.polls.isSilent = true;
    const began = performance.now();
    await hub.stop();
    await hub.ended;
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("a token that is too old is replaced, once for all that need it, and nothing is lost", async () => {
    service.polls.expired.add(first.accessToken);
    const both = [hub.invoke("signal", TEXT), hub.invoke("broadcast", { ...TEXT, seq: 2 })];
    expect(await Promise.all(both)).toEqual([true, true]);
    service.push("disconnected", { peer: A });
    await until(() => pushes.length === 2);
    expect([renewals.length, service.openSockets, hub.open]).toEqual([1, 1, true]);
    expect(service.invocations).toHaveLength(2);
  });

  test("what is sent with a newer token that is refused too has failed, at once", async () => {
    const access = service.admissionNow();
    renew = async () => access;
    for (const each of [first, access]) service.polls.expired.add(each.accessToken);
    const began = performance.now();
    expect(await hub.invoke("signal", TEXT)).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("it ends if there is no newer token", async () => {
    renew = async () => null;
    service.polls.expired.add(first.accessToken);
    service.push("disconnected", { peer: A }); // answers the poll, and the next one is refused
    await hub.ended;
    expect(hub.open).toBe(false);
  });
});

describe("a poll that is not answered", () => {
  test("goes on while pings arrive, and ends within 20 s when they do not", async () => {
    service.sockets = "refused";
    fakeTimeouts();
    await start();
    const posts = () => service.polls.requests.filter((each) => each.startsWith("POST")).length;
    await until(() => service.polls.requests.at(-1) === "GET /client/");
    const before = posts();
    for (const pings of [1, 2]) {
      await vi.advanceTimersByTimeAsync(15_000);
      await until(() => posts() === before + pings);
    }
    expect(hub.open).toBe(true);
    service.polls.isSilent = true;
    await vi.advanceTimersByTimeAsync(15_000);
    await until(() => posts() === before + 3);
    await vi.advanceTimersByTimeAsync(5_000);
    await hub.ended;
    expect(hub.open).toBe(false);
  });
});

describe("what is remembered", () => {
  const again = async () => {
    await hub.stop();
    const before = service.upgrades;
    hub = newHub();
    const isOpen = await start();
    return [isOpen, service.upgrades - before];
  };

  test("is that WebSockets are blocked, for ten minutes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    service.sockets = "refused";
    await start();
    expect(await again()).toEqual([true, 0]);
    vi.setSystemTime(Date.now() + 599_000);
    service.sockets = "open";
    expect(await again()).toEqual([true, 0]);
    vi.setSystemTime(Date.now() + 2_000);
    expect(await again()).toEqual([true, 1]);
    const requests = service.polls.requests.length;
    expect(await again()).toEqual([true, 1]);
    expect(service.polls.requests).toHaveLength(requests);
  });

  test("is nothing where polls work no better", async () => {
    service.accepts = false;
    await start();
    expect(await again()).toEqual([false, 1]);
  });

  test("is forgotten when polls fail, as in another network", async () => {
    service.sockets = "refused";
    await start();
    service.accepts = false;
    expect(await again()).toEqual([false, 0]);
    service.accepts = true;
    service.sockets = "open";
    expect(await again()).toEqual([true, 1]);
  });

  test("is nothing where storage is closed to us, and it works all the same", async () => {
    vi.stubGlobal("localStorage", undefined);
    service.sockets = "refused";
    expect(await start()).toBe(true);
    expect(await again()).toEqual([true, 1]);
  });
});
