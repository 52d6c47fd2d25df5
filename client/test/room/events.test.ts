import { describe, expect, test, vi } from "vitest";
import { Emitter } from "../../src/room/events.js";

interface Events {
  ping: number;
  pong: string;
}

describe("a listener", () => {
  test("is called until it is removed", () => {
    const events = new Emitter<Events>();
    const heard: number[] = [];
    const stop = events.on("ping", (n) => heard.push(n));
    events.emit("ping", 1);
    stop();
    stop();
    events.emit("ping", 2);
    expect(heard).toEqual([1]);
  });

  test("is called for its own event only", () => {
    const events = new Emitter<Events>();
    const [ping, pong] = [vi.fn(), vi.fn()];
    events.on("ping", ping);
    events.on("pong", pong);
    events.emit("pong", "x");
    expect([ping.mock.calls, pong.mock.calls]).toEqual([[], [["x"]]]);
  });

  test("is called in the order in which it was added", () => {
    const events = new Emitter<Events>();
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) events.on("ping", () => order.push(name));
    events.emit("ping", 1);
    expect(order).toEqual(["a", "b", "c"]);
  });

  test("that is added twice is called twice, and each answer removes one", () => {
    const events = new Emitter<Events>();
    const listener = vi.fn();
    const stop = events.on("ping", listener);
    events.on("ping", listener);
    events.emit("ping", 1);
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    events.emit("ping", 2);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  test("that is added during a call is called from the next one on", () => {
    const events = new Emitter<Events>();
    const late = vi.fn();
    const stop = events.on("ping", () => {
      stop();
      events.on("ping", late);
    });
    events.emit("ping", 1);
    expect(late).not.toHaveBeenCalled();
    events.emit("ping", 2);
    expect(late).toHaveBeenCalledWith(2);
  });

  test("that throws keeps no other from being called, and its error is not swallowed", async () => {
    const events = new Emitter<Events>();
    const after = vi.fn();
    const thrown: unknown[] = [];
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => thrown.push(error));
    const mistake = new Error("the application's mistake");
    events.on("ping", () => {
      throw mistake;
    });
    events.on("ping", after);
    events.emit("ping", 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const listener of before) process.on("uncaughtException", listener);
    expect(after).toHaveBeenCalledTimes(1);
    expect(thrown).toEqual([mistake]);
  });
});

test("an event that nobody listens to is no error", () => {
  expect(() => new Emitter<Events>().emit("ping", 1)).not.toThrow();
});

describe("an event that nobody has listened to yet", () => {
  const turn = () => new Promise((resolve) => setTimeout(resolve));

  test("waits for the first listener, which hears all of them in order, and then what is new", async () => {
    const events = new Emitter<Events>();
    const heard: number[] = [];
    for (const n of [1, 2, 3]) events.emit("ping", n);
    await turn();
    events.on("ping", (n) => heard.push(n));
    expect(heard).toEqual([]); // `on` itself calls nobody
    events.emit("ping", 4);
    await turn();
    expect(heard).toEqual([1, 2, 3, 4]);
    events.emit("ping", 5);
    expect(heard).toEqual([1, 2, 3, 4, 5]);
  });

  test("waits for its own kind of listener", async () => {
    const events = new Emitter<Events>();
    const heard: string[] = [];
    events.on("ping", () => {});
    events.emit("pong", "x");
    events.on("pong", (text) => heard.push(text));
    events.on("pong", (text) => heard.push(text)); // added in the same turn
    await turn();
    expect(heard).toEqual(["x", "x"]);
  });

  test("comes before what a listener causes", async () => {
    const events = new Emitter<Events>();
    const heard: number[] = [];
    for (const n of [1, 2]) events.emit("ping", n);
    events.on("ping", (n) => {
      heard.push(n);
      if (n === 1) events.emit("ping", 3);
    });
    await turn();
    expect(heard).toEqual([1, 2, 3]);
  });

  test("comes once: who has stopped to listen has had it", async () => {
    const events = new Emitter<Events>();
    const [first, second] = [vi.fn(), vi.fn()];
    events.emit("ping", 1);
    const stop = events.on("ping", first);
    await turn();
    stop();
    events.emit("ping", 2); // nobody listens any more
    events.on("ping", second);
    await turn();
    expect([first.mock.calls, second.mock.calls]).toEqual([[[1]], []]);
  });

  test("is one of at most 256: the oldest are forgotten first", async () => {
    const events = new Emitter<Events>();
    const heard: number[] = [];
    for (let n = 0; n < 300; n += 1) events.emit("ping", n);
    events.on("ping", (n) => heard.push(n));
    await turn();
    expect([heard.length, heard[0], heard.at(-1)]).toEqual([256, 44, 299]);
  });
});
