/** What is loaded when somebody calls, and not before. */
import { expect, it } from "vitest";
import type { CallPlace, CallSummary } from "../../src/call/place.js";
import { callsOfRooms, type LoadedCall } from "../../src/edge/calls.js";
import { MemoryRoom, peer } from "./memory-sdk.js";

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A door whose call notes what is asked of it. */
function door(failures = 0) {
  const room = new MemoryRoom("R", "Ada");
  const said: CallSummary[] = [];
  const asked: string[] = [];
  let loads = 0;
  const place = (name: string): CallPlace => ({
    place: name as unknown as HTMLElement, // only handed on
    show: (summary) => void said.push(summary),
  });
  const call = (): LoadedCall => ({
    start: () => void asked.push("start"),
    dismissProblem: () => void asked.push("dismiss"),
    drawIn: (where) => void asked.push(`draw in ${where.place}`),
  });
  const follow = callsOfRooms(async () => {
    loads += 1;
    if (loads <= failures) throw new TypeError("not loaded");
    return call;
  });
  return { room, said, asked, follow, place, loads: () => loads };
}

const MEDIA = { peer: peer(), source: "camera", track: null, stream: null, muted: false } as const;

it("loads nothing in a room where nobody calls", async () => {
  const { room, follow, place, loads } = door();
  follow(room, place("a"));
  await turn();
  expect(loads()).toBe(0);
});

it.each([
  ["somebody sends", (room: MemoryRoom) => room.emit("media", MEDIA)],
  [
    "we send",
    (room: MemoryRoom) => room.emit("sending", { source: "camera", track: null, muted: false }),
  ],
])("loads the call once when %s", async (_, happen) => {
  const { room, follow, place, asked, loads } = door();
  follow(room, place("a"));
  happen(room);
  happen(room);
  await turn();
  happen(room);
  expect([loads(), asked]).toEqual([1, ["draw in a"]]);
});

it("says at once that it starts, and starts when it is there", async () => {
  const { room, follow, place, said, asked } = door();
  follow(room, place("a")).start();
  expect(said).toEqual([{ mine: "starting", problem: null, othersAre: false }]);
  await turn();
  expect(asked).toEqual(["draw in a", "start"]);
});

it("says that it could not be loaded, and tries again", async () => {
  const { room, follow, place, said, asked } = door(1);
  const buttons = follow(room, place("a"));
  buttons.start();
  await turn();
  expect(said.at(-1)).toMatchObject({ mine: "out", problem: { code: "not_loaded" } });
  buttons.dismissProblem();
  expect(said.at(-1)).toMatchObject({ problem: null });
  buttons.start();
  await turn();
  expect(asked).toEqual(["draw in a", "start"]);
  buttons.dismissProblem();
  expect(asked.at(-1)).toBe("dismiss");
});

it("goes on where the screen is drawn anew", async () => {
  const { room, follow, place, asked, loads } = door();
  follow(room, place("a")).start();
  await turn();
  follow(room, place("b"));
  expect([loads(), asked]).toEqual([1, ["draw in a", "start", "draw in b"]]);
});
