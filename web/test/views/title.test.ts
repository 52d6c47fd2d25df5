import { expect, it } from "vitest";
import type { RoomEvent } from "../../src/app/events.js";
import { changeRoom } from "../../src/app/room.js";
import { START, type State } from "../../src/app/state.js";
import { titleOf } from "../../src/views/title.js";
import { inRoom } from "../app/examples.js";

const IN_SIGHT = Number.POSITIVE_INFINITY;
const heard = (at: number): RoomEvent => ({
  type: "text-received",
  from: "b",
  name: "Ben",
  text: "hi",
  via: "p2p",
  at,
});

function after(...events: RoomEvent[]): State {
  const state = inRoom();
  return { ...state, room: events.reduce(changeRoom, state.room) };
}

it("names the room, and outside a room the page", () => {
  expect(titleOf(after(), IN_SIGHT)).toBe("R · Heliograph");
  expect(titleOf(START, IN_SIGHT)).toBe("Heliograph");
  expect(titleOf(START, 0)).toBe("Heliograph");
});

it("counts no message while the page is in sight", () => {
  expect(titleOf(after(heard(1), heard(2)), IN_SIGHT)).toBe("R · Heliograph");
});

it("counts the messages that came since the user looked away", () => {
  expect(titleOf(after(heard(1), heard(5), heard(9)), 5)).toBe("(2) R · Heliograph");
});

it("counts neither notes nor our own messages", () => {
  const state = after(
    { type: "text-entered", text: "hello", at: 9 },
    { type: "lock-changed", locked: true, at: 9 },
  );
  expect(titleOf(state, 5)).toBe("R · Heliograph");
});
