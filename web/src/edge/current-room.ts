/** The room that the page is in. At most one at a time: what another room says is not dispatched. */
import type { Room } from "@heliograph/client";
import type { Event } from "../app/events.js";
import type { RoomCall } from "./room-calls.js";
import { listen } from "./room-events.js";
import { joinedRoomOf } from "./sdk-values.js";
import type { World } from "./world.js";

/** The room that the page is in, or none. */
export interface CurrentRoom {
  /** null outside a room. */
  readonly room: Room | null;
  /** Takes a room that was just joined. If `signal` is aborted, it is left again. */
  enter(joined: Room, signal: AbortSignal): Promise<void>;
  leave(): void;
  /** Dispatches the answer to a call, or how it failed. Does nothing outside a room. */
  call(call: RoomCall): void;
}

/** `dispatch` gets what the current room says and answers. */
export function createCurrentRoom(world: World, dispatch: (event: Event) => void): CurrentRoom {
  let room: Room | null = null;

  /** Dispatches as long as the page is in `which`. */
  const tellFrom =
    (which: Room) =>
    (event: Event): void => {
      if (room !== which) return;
      if (event.type === "closed") room = null;
      dispatch(event);
    };

  return {
    get room() {
      return room;
    },
    async enter(joined, signal) {
      if (signal.aborted) return leaveQuietly(joined);
      room = joined;
      const tell = tellFrom(joined);
      await listenFirst(joined, world, tell);
      if (signal.aborted) {
        if (room === joined) room = null;
        return leaveQuietly(joined);
      }
      const at = world.now();
      tell({ type: "joined", room: joinedRoomOf(joined), page: world.address(), at });
    },
    leave() {
      if (room) leaveQuietly(room);
      room = null;
    },
    call({ ask, failed }) {
      if (!room) return;
      const tell = tellFrom(room);
      void ask(room, tell).then(tell, (error) => tell(failed(error)));
    },
  };
}

/** The SDK announces those who are there already in the next task: they did not just arrive. */
async function listenFirst(room: Room, world: World, tell: (event: Event) => void): Promise<void> {
  listen(room, world.now, tell);
  await world.nextTask();
}

/** The server finds out by itself if this call does not reach it. */
function leaveQuietly(room: Room): void {
  room.leave().catch(() => {});
}
