/**
 * The room page as a state machine: `step(state, event)` gives the next state and the effects.
 * Pure: it does no I/O and reads no clock.
 *
 *                     start      creating       joining            waiting    room
 * link-opened         A          A              A                  A          D
 * join-submitted      B          B              B                  B          ·
 * create-submitted    creating   creating       creating           creating   ·
 * retry-pressed       ·          ·              joining            joining    ·
 * cancel-pressed      ·          start          start              start      ·
 * proof-requested     ·          creating       joining            ·          ·
 * room-created        ·          joining        ·                  ·          ·
 * refused             ·          start          C                  ·          ·
 * wait-ended          ·          ·              ·                  joining    ·
 * joined              ·          ·              room               ·          ·
 * closed              ·          ·              start              ·          start
 * leave-pressed       ·          ·              ·                  ·          start
 * all others          ·          ·              ·                  ·          room
 *
 * ·  the event is ignored: it answers a question that nobody asks any more
 * A  as B if the link and what this tab knows say who joins; else start
 * B  joining, or start with a problem if the form is not complete
 * C  joining as a guest, waiting, or start: see `admission.ts`
 * D  as A for the link to another room; else room
 */
import type { Step } from "./effects.js";
import {
  cancel,
  closeEarly,
  closeRoom,
  joinAgain,
  joinCreated,
  leaveRoom,
  openLink,
  openLinkInRoom,
  prove,
  refuseCreate,
  refuseJoin,
  retry,
  submitCreate,
  submitJoin,
} from "./entry.js";
import type { Event, EventOf } from "./events.js";
import {
  change,
  changeConnection,
  changeForGood,
  changeWithProblem,
  dismissProblem,
  enterRoom,
  failHostCall,
  kick,
  lock,
  makeInvite,
  noteKick,
  notePerson,
  sendText,
  takeInvite,
  watchInvite,
} from "./inside.js";
import type { Phase, State, StateIn } from "./state.js";

type Cell<P extends Phase, T extends Event["type"]> = (
  state: StateIn<P>,
  event: EventOf<T>,
) => Step;
type Row<P extends Phase> = { readonly [T in Event["type"]]?: Cell<P, T> };
type Table = { readonly [P in Phase]: Row<P> };

const SUBMIT = {
  "link-opened": openLink,
  "join-submitted": submitJoin,
  "create-submitted": submitCreate,
} as const;

const TABLE: Table = {
  start: SUBMIT,
  creating: {
    ...SUBMIT,
    "cancel-pressed": cancel,
    "proof-requested": prove,
    "room-created": joinCreated,
    refused: refuseCreate,
  },
  joining: {
    ...SUBMIT,
    "retry-pressed": retry,
    "cancel-pressed": cancel,
    "proof-requested": prove,
    refused: refuseJoin,
    joined: enterRoom,
    closed: closeEarly,
  },
  waiting: {
    ...SUBMIT,
    "retry-pressed": retry,
    "cancel-pressed": cancel,
    "wait-ended": joinAgain,
  },
  room: {
    "link-opened": openLinkInRoom,
    closed: closeRoom,
    "leave-pressed": leaveRoom,
    "peer-seen": notePerson,
    "peer-left": change,
    "text-received": change,
    "text-entered": sendText,
    "text-sent": changeForGood,
    "text-failed": changeWithProblem,
    "text-settled": change,
    "connection-changed": changeConnection,
    "away-time-ended": change,
    "kick-pressed": kick,
    kicked: noteKick,
    "lock-pressed": lock,
    "lock-changed": changeForGood,
    "invite-submitted": makeInvite,
    "invite-made": takeInvite,
    "invite-due": watchInvite,
    "host-call-failed": failHostCall,
    "problem-reported": changeWithProblem,
    "problem-dismissed": dismissProblem,
  },
};

/** The next state, and what to do. An event without a cell changes nothing: the same state again. */
export function step(state: State, event: Event): Step {
  const cell = TABLE[state.phase][event.type] as ((state: State, event: Event) => Step) | undefined;
  return cell ? cell(state, event) : [state, []];
}
