/**
 * The door to the call of a room. What follows and draws it is loaded when somebody sends something,
 * or wants to: many rooms never need it. A call outlives the screen that shows it, as files do.
 */
import type { Room } from "@heliograph/client";
import type { CallButtons, CallPlace, CallSummary } from "../call/place.js";

/** The call of one room, loaded. */
export interface LoadedCall extends CallButtons {
  /** From now on, and at once. */
  drawIn(place: CallPlace): void;
}

type Load = () => Promise<(room: Room) => LoadedCall>;

const OUT: CallSummary = { mine: "out", problem: null, othersAre: false };

/** Gives what follows a room: its newest place is told of each new state. */
export function callsOfRooms(load: Load): (room: Room, place: CallPlace) => CallButtons {
  const rooms = new WeakMap<Room, Door>();
  return (room, place) => {
    const door = rooms.get(room) ?? openDoor(room, load);
    rooms.set(room, door);
    door.drawIn(place);
    return door;
  };
}

interface Door extends CallButtons {
  drawIn(place: CallPlace): void;
}

function openDoor(room: Room, load: Load): Door {
  let call: LoadedCall | null = null;
  let loading: Promise<LoadedCall> | null = null;
  let shown: CallPlace | null = null;

  /** Loading that has failed is tried again with the next event or press. */
  const loaded = (): Promise<LoadedCall> => {
    loading ??= load().then((callOf) => {
      call = callOf(room);
      if (shown) call.drawIn(shown);
      return call;
    });
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
  const needed = (): void => void loaded().catch(() => {});
  room.on("media", needed);
  room.on("sending", needed);

  return {
    start() {
      if (!call) shown?.show({ ...OUT, mine: "starting" });
      loaded().then(
        (one) => one.start(),
        () => shown?.show({ ...OUT, problem: { what: "call", code: "not_loaded" } }),
      );
    },
    dismissProblem: () => (call ? call.dismissProblem() : shown?.show(OUT)),
    drawIn(place) {
      shown = place;
      if (call) call.drawIn(place);
    },
  };
}
