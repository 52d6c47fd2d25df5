/**
 * One stay in a room, from the wish to be there to its end. It begins once and does not begin again.
 *
 * | State | Event | Then |
 * |---|---|---|
 * | waiting | who was there before has left | joining |
 * | waiting | `leave` | over; nothing was asked for |
 * | joining | admitted | inside |
 * | joining | refused | failed, with the error |
 * | joining | `leave` | over; the seat is given back |
 * | inside | the room is closed | closed, with the error unless we have left it |
 * | inside | `leave` | over; the room is left |
 *
 * What is over shows nothing any more.
 */
import {
  HeliographError,
  type JoinOptions,
  join,
  type Peer,
  type Room,
  type RoomState,
} from "../index.js";
import { toError } from "./failure.js";
import { type PeerView, viewsOf } from "./peer-views.js";

/** `idle`: no room is wanted. `failed`: not admitted. Else as `Room.state`. */
export type RoomStatus = "idle" | "joining" | RoomState | "failed";

/** What a component shows of a room. Never changed: a change makes another one. */
export interface RoomView {
  readonly status: RoomStatus;
  /** Null until we are admitted. It stays when it is closed. */
  readonly room: Room | null;
  /** Everyone else. */
  readonly peers: readonly PeerView[];
  readonly locked: boolean;
  /** Why we were not admitted, or why the room has ended; null after `leave()`. */
  readonly error: HeliographError | null;
  /** What has failed last while the room went on. */
  readonly warning: HeliographError | null;
}

export const IDLE: RoomView = {
  status: "idle",
  room: null,
  peers: [],
  locked: false,
  error: null,
  warning: null,
};
export const JOINING: RoomView = { ...IDLE, status: "joining" };

/** Without `signal`: whoever does not want to join any more passes `null`, or unmounts. */
export type StayOptions = Omit<JoinOptions, "signal">;

export class Stay {
  readonly #end = new AbortController();
  readonly #show: (view: RoomView) => void;
  /** When nothing of it is left: no seat, and no request for one. */
  readonly #gone: Promise<void>;
  #view: RoomView = JOINING;

  /** Joins when `before` is settled. `show` gets each new view, the first one at once. */
  constructor(options: StayOptions, before: Promise<void>, show: (view: RoomView) => void) {
    this.#show = show;
    this.#show(JOINING);
    this.#gone = before.then(() => this.#run(options));
  }

  /** Resolves when nothing of it is left. Never rejects. */
  leave(): Promise<void> {
    this.#end.abort();
    return this.#gone;
  }

  async #run(options: StayOptions): Promise<void> {
    const { signal } = this.#end;
    if (signal.aborted) return;
    try {
      const room = await join({ ...options, signal });
      this.#listen(room);
      await aborted(signal);
      await room.leave();
    } catch (error) {
      this.#change({ status: "failed", error: toError(error) });
    }
  }

  #listen(room: Room): void {
    const { state: status, locked } = room;
    this.#change({ status, room, locked });
    const changed = ({ peer }: { peer: Peer }) =>
      this.#change({ peers: viewsOf(room, this.#view.peers, peer) });
    for (const event of ["peer-joined", "peer-updated", "peer-left", "media"] as const) {
      room.on(event, changed);
    }
    room.on("locked", (now) => this.#change(now));
    room.on("state", ({ state }) => this.#change({ status: state }));
    room.on("error", (told) => this.#change({ warning: errorOf(told) }));
    room.on("closed", (told) =>
      this.#change({ peers: [], error: told.code === "left" ? null : errorOf(told) }),
    );
  }

  #change(change: Partial<RoomView>): void {
    if (this.#end.signal.aborted) return;
    this.#view = { ...this.#view, ...change };
    this.#show(this.#view);
  }
}

function errorOf({ code, message }: { code: string; message: string }): HeliographError {
  return new HeliographError(code, message);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
