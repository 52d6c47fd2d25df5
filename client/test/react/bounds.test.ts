/** What a room has said is kept for those who show it, and not without end. */
import { expect, test } from "vitest";
import type { Peer, Room, RoomEvents, Transfer, TransferState } from "../../src/index.js";
import { Messages } from "../../src/react/messages.js";
import { RoomTransfers } from "../../src/react/transfers.js";
import { Emitter } from "../../src/room/events.js";

/** A room that only says something. */
function room(): { room: Room; emit: Emitter<RoomEvents>["emit"] } {
  const events = new Emitter<RoomEvents>();
  const said: Pick<Room, "on"> = { on: (event, listener) => events.on(event, listener) };
  return { room: said as Room, emit: (event, value) => events.emit(event, value) };
}

const file = (state: TransferState) =>
  ({ state, direction: "down", done: new Promise(() => {}) }) as Transfer;

test("of messages the newest 1,000 are kept", () => {
  const { room: from, emit } = room();
  const messages = new Messages(from);
  messages.store.subscribe(() => {});
  const peer = { id: "PPPPPPPPPPPPPPP9" } as Peer;
  for (let n = 0; n < 1_002; n += 1) {
    emit("text", { from: peer, text: String(n), via: "p2p", broadcast: true });
  }
  const kept = messages.store.get();
  expect([kept.length, kept[0]?.text, kept.at(-1)?.text]).toEqual([1_000, "2", "1001"]);
});

test("of transfers 1,000 are kept, and those that go on are never dropped", () => {
  const { room: from, emit } = room();
  const files = new RoomTransfers(from);
  files.store.subscribe(() => {});
  const goesOn = file("moving");
  emit("file", { transfer: goesOn });
  for (let n = 0; n < 1_001; n += 1) emit("file", { transfer: file("cancelled") });
  const kept = files.store.get().transfers;
  expect([kept.length, kept[0]?.transfer, kept[1]?.id, kept.at(-1)?.id]).toEqual([
    1_000,
    goesOn,
    3,
    1_001,
  ]);
});

test("a transfer that was cleared does not come back by what is told late", () => {
  const { room: from, emit } = room();
  const files = new RoomTransfers(from);
  files.store.subscribe(() => {});
  const transfer = file("declined");
  emit("file", { transfer });
  files.clear();
  emit("transfer-updated", { transfer });
  expect(files.store.get().transfers).toEqual([]);
});
