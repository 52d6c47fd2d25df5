/** What belongs to a room, however many components watch it, and when none does. */
import type { Room } from "../index.js";

/** The answer makes it once for each room, and gives it away with the room. */
export function perRoom<T>(make: (room: Room) => T): (room: Room) => T {
  const known = new WeakMap<Room, T>();
  return (room) => {
    const found = known.get(room) ?? make(room);
    known.set(room, found);
    return found;
  };
}
