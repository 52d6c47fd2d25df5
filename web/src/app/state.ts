/** What the room page is doing. Its transitions are in `step.ts`. */
import type { ErrorCode } from "@heliograph/client";
import { EMPTY_FORM, type Form } from "./form.js";
import type { RoomView } from "./room.js";
import type { Seat } from "./seat.js";

interface Common {
  readonly form: Form;
  /** The code of what went wrong last; null if nothing did, or the user has dismissed it. */
  readonly problem: ErrorCode | null;
}

/** The form is shown. */
export interface Start extends Common {
  readonly phase: "start";
}

/** A new room is being made. */
export interface Creating extends Common {
  readonly phase: "creating";
  /** This browser computes a proof of work (protocol §3). */
  readonly proving: boolean;
}

/** A join is under way. */
export interface Joining extends Common {
  readonly phase: "joining";
  readonly seat: Seat;
  /** How many times this join has been tried again. */
  readonly retries: number;
  readonly proving: boolean;
}

/** A join was refused for a while; `problem` says why. The next try comes by itself. */
export interface Waiting extends Common {
  readonly phase: "waiting";
  readonly seat: Seat;
  readonly retries: number;
}

/** We are in the room. */
export interface InRoom extends Common {
  readonly phase: "room";
  readonly room: RoomView;
}

/** Between the form and the room. */
export type Entering = Creating | Joining | Waiting;
/** What the page is doing; `phase` says which. */
export type State = Start | Entering | InRoom;
/** The five rows of the table in `step.ts`. */
export type Phase = State["phase"];
/** The state of one phase. */
export type StateIn<P extends Phase> = Extract<State, { readonly phase: P }>;

/** The form, filled in, and what went wrong. */
export const start = (form: Form, problem: ErrorCode | null = null): Start => ({
  phase: "start",
  form,
  problem,
});

/** Before anything has happened. */
export const START: Start = start(EMPTY_FORM);
