/** The real SignalR client against a service on loopback. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Hub } from "../../src/wire/hub.js";
import type { Envelope, Push } from "../../src/wire/protocol.js";
import { Service, until } from "../loopback/service.js";

const A = "AAAAAAAAAAAAAAAA";
const TEXT: Envelope = { v: 1, seq: 1, to: A, kind: "text", body: { text: "hello" } };

let service: Service;
let hub: Hub;
let pushes: Push[];
const renew = async () => service.admissionNow();

beforeEach(async () => {
  service = await Service.start();
  pushes = [];
  hub = new Hub(service.admissionNow(), (push) => pushes.push(push));
});

afterEach(async () => {
  vi.useRealTimers();
  await hub.stop();
  await service.stop();
});

describe("a hub that is started", () => {
  test("is open until it is stopped, and then it has ended", async () => {
    expect(hub.open).toBe(false);
    expect(await hub.start(renew)).toBe(true);
    expect([hub.open, service.openSockets]).toEqual([true, 1]);
    await hub.stop();
    await hub.ended;
    expect(hub.open).toBe(false);
    await until(() => service.openSockets === 0);
  });

  test("is not opened if the service refuses", async () => {
    service.accepts = false;
    expect(await hub.start(renew)).toBe(false);
    expect(hub.open).toBe(false);
  });

  test("is not opened if it was stopped meanwhile", async () => {
    const started = hub.start(renew);
    await hub.stop();
    expect(await started).toBe(false);
    expect(hub.open).toBe(false);
  });

  test("has ended when the network goes", async () => {
    await hub.start(renew);
    service.dropSockets();
    await hub.ended;
    expect(hub.open).toBe(false);
  });
});

describe("what the service pushes", () => {
  test("is parsed, and comes in order", async () => {
    await hub.start(renew);
    service.push("joined", { peer: A, name: "Ann", role: "guest", joinedAt: 1, visit: 1 });
    service.push("signal", { v: 1, from: A, seq: 5, kind: "bye", body: {} });
    service.push("disconnected", { peer: A });
    service.push("left", { peer: A, reason: "expired", visit: 1 });
    service.push("orders", { orders: "o.r.d", locked: true });
    service.push("closed", { code: "kicked", message: "No." });
    await until(() => pushes.length === 7);
    expect(pushes.map(({ target }) => target)).toEqual([
      "admitted",
      "joined",
      "signal",
      "disconnected",
      "left",
      "orders",
      "closed",
    ]);
  });

  test("is dropped if it has another form, and what follows is not", async () => {
    await hub.start(renew);
    service.push("signal", { v: 1, from: "nobody", seq: 5, kind: "bye", body: {} });
    service.push("joined", null);
    service.push("renamed", { peer: A });
    service.push("disconnected", { peer: A });
    await until(() => pushes.length > 1);
    expect(pushes.slice(1)).toEqual([{ target: "disconnected", peer: A, asleep: false }]);
  });
});

describe("an envelope", () => {
  test("is taken when the service says ok", async () => {
    await hub.start(renew);
    expect(await hub.invoke("signal", TEXT)).toBe(true);
    expect(service.invocations).toEqual([{ method: "signal", envelope: TEXT }]);
  });

  test("is refused with the service's code and the seconds to wait", async () => {
    service.reply = () => ({ ok: false, code: "rate_limited", message: "Slower.", retryAfter: 3 });
    await hub.start(renew);
    await expect(hub.invoke("broadcast", TEXT)).rejects.toMatchObject({
      name: "HeliographError",
      code: "rate_limited",
      message: "Slower.",
      retryAfter: 3,
    });
  });

  test.each([null, undefined, {}, "ok", { ok: false }, { ok: "yes" }])(
    "that is answered with %j is no success",
    async (answer) => {
      service.reply = () => answer;
      await hub.start(renew);
      await expect(hub.invoke("signal", TEXT)).rejects.toMatchObject({ code: "bad_answer" });
    },
  );

  test("is without an answer if the network goes meanwhile", async () => {
    service.reply = () => new Promise(() => {});
    await hub.start(renew);
    const invoked = hub.invoke("signal", TEXT);
    await until(() => service.invocations.length === 1);
    service.dropSockets();
    expect(await invoked).toBe(false);
  });

  test("is without an answer if the hub is not open", async () => {
    expect(await hub.invoke("signal", TEXT)).toBe(false);
  });

  test("is without an answer after 15 s", async () => {
    service.reply = () => new Promise(() => {});
    await hub.start(renew);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const invoked = hub.invoke("signal", TEXT);
    await until(() => service.invocations.length === 1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await invoked).toBe(false);
  });
});
