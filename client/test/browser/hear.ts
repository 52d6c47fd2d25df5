/** Listens to a room: the answer grows. */
import type { Room, RoomEvents } from "../../src/index.js";

/** What the room says of this, also what has waited for a listener. */
export function hear<K extends keyof RoomEvents>(room: Room, event: K): RoomEvents[K][] {
  const heard: RoomEvents[K][] = [];
  room.on(event, (value) => heard.push(value));
  return heard;
}

/** Without what has waited for a listener. */
export function hearFromNow<K extends keyof RoomEvents>(room: Room, event: K): RoomEvents[K][] {
  const heard: RoomEvents[K][] = [];
  let hasWaited = true;
  room.on(event, (value) => void (hasWaited || heard.push(value)));
  queueMicrotask(() => {
    hasWaited = false;
  });
  return heard;
}
