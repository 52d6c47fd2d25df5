import { describe, expect, test } from "vitest";
import { Emitter } from "../../src/room/events.js";

describe("events", () => {
  test("a listener hears until it is stopped", () => {
    const events = new Emitter<{ ping: number }>();
    const heard: number[] = [];
    const stop = events.on("ping", (n) => heard.push(n));
    events.emit("ping", 1);
    stop();
    events.emit("ping", 2);
    expect(heard).toEqual([1]);
  });
});
