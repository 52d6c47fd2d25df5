/**
 * The room page as a state machine: `step(state, event)` gives the next state and the effects.
 * Pure: it does no I/O and reads no clock.
 *
 *                     start      creating       joining            waiting    room
 * link-opened         A          A              A                  A          ·
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
 * C  joining without the token, waiting, or start: see `admission.ts`
 */
import type { ErrorCode, RoomState } from "@heliograph/client";
import { nextTry } from "./admission.js";
import type { Effect } from "./effects.js";
import type { Event, EventOf, RoomEvent } from "./events.js";
import { type Form, problemIn } from "./form.js";
import { changeRoom, openRoom } from "./room.js";
import { type Seat, seatFor } from "./seat.js";
import type { Creating, InRoom, Joining, Phase, Start, State, StateIn, Waiting } from "./state.js";

/** What a step gives: the next state, and the effects to carry out in this order. */
export type Step = readonly [state: State, effects: readonly Effect[]];

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
    refused: (state, { refusal }) => [start(state.form, refusal.code), []],
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
    "wait-ended": (state) => join(joiningAgain(state)),
  },
  room: {
    closed: (state, { code }) => closeRoom(state, code),
    "leave-pressed": (state) => andAlso(closeRoom(state, "left"), { type: "leave" }),
    "peer-seen": change,
    "peer-left": change,
    "text-received": change,
    "text-entered": sendText,
    "text-sent": change,
    "text-failed": changeWithProblem,
    "connection-changed": changeConnection,
    "away-time-ended": change,
    "kick-pressed": (state, { id }) => [state, [{ type: "kick", id }]],
    kicked: change,
    "lock-pressed": (state, { locked }) => [state, [{ type: "lock", locked }]],
    "lock-changed": change,
    "invite-submitted": makeInvite,
    "invite-made": takeInvite,
    "host-call-failed": changeWithProblem,
    "problem-reported": changeWithProblem,
    "problem-dismissed": (state) => [{ ...state, problem: null }, []],
  },
};

/** A short interruption shows one word; one longer than this is explained. */
export const AWAY_AFTER_MS = 8_000;

const ABORT: Effect = { type: "abort" };

/** The next state, and what to do. An event without a cell changes nothing: the same state again. */
export function step(state: State, event: Event): Step {
  const cell = TABLE[state.phase][event.type] as ((state: State, event: Event) => Step) | undefined;
  return cell ? cell(state, event) : [state, []];
}

const start = (form: Form, problem: ErrorCode | null = null): Start => ({
  phase: "start",
  form,
  problem,
});

const andAlso = ([state, effects]: Step, more: Effect): Step => [state, [...effects, more]];

// Cells: from the form to the room

function openLink(state: State, event: EventOf<"link-opened">): Step {
  const { link, kept, lastName, supported } = event;
  const form = { ...link, invite: link.invite || (kept.invite ?? "") };
  const filled = { ...form, name: form.name || kept.name || lastName };
  if (!supported) return [start(filled, "unsupported"), [ABORT]];
  const known = form.room && (form.name || kept.token !== undefined);
  if (!known) return [start(filled), [ABORT]];
  const named = { ...form, name: form.name || (kept.name ?? "") };
  return submitJoin(state, { type: "join-submitted", form: named, kept });
}

function submitJoin(_: State, { form, kept }: EventOf<"join-submitted">): Step {
  const seat = seatFor(kept, form);
  const problem = problemIn(form, seat);
  return problem ? [start(form, problem), [ABORT]] : join(joining(form, seat));
}

function submitCreate(_: State, { form, options }: EventOf<"create-submitted">): Step {
  if (!form.name) return [start(form, "name_missing"), [ABORT]];
  const creating: Creating = { phase: "creating", form, problem: null, proving: false };
  return [creating, [{ type: "create-room", options }]];
}

const joining = (form: Form, seat: Seat): Joining => ({
  phase: "joining",
  form,
  seat,
  problem: null,
  retries: 0,
  proving: false,
});

/** The problem stays on the page until the next try has an answer. */
const joiningAgain = ({ form, seat, retries, problem }: Waiting): Joining => ({
  ...joining(form, seat),
  retries,
  problem,
});

const join = (state: Joining): Step => [
  state,
  [{ type: "join", form: state.form, seat: state.seat }],
];

function retry({ form, seat }: Joining | Waiting): Step {
  return join(joining(form, seat));
}

function cancel({ form }: State): Step {
  return [start(form), [ABORT]];
}

function prove(state: Creating | Joining): Step {
  return [{ ...state, proving: true }, []];
}

function joinCreated({ form }: Creating, event: EventOf<"room-created">): Step {
  const { room, hostToken, invite } = event;
  const seat = { hostToken, ...(invite === undefined ? {} : { invite }) };
  const [state, effects] = join(joining({ room, name: form.name, invite: invite ?? "" }, seat));
  return [state, [{ type: "keep-seat", room, change: { hostToken, invite } }, ...effects]];
}

function refuseJoin(state: Joining, { refusal }: EventOf<"refused">): Step {
  const { form, retries } = state;
  const next = nextTry(refusal, state.seat, retries);
  if (next.type === "stop") return [start(form, next.code), [forgetToken(form.room)]];
  if (next.type === "without-token") {
    const { token: _, ...seat } = state.seat;
    return join({ ...state, seat, retries: retries + 1 });
  }
  const { seat } = state;
  const waiting = { form, seat, retries: retries + 1, problem: refusal.code };
  return [{ phase: "waiting", ...waiting }, [{ type: "wait", seconds: next.seconds }]];
}

function enterRoom({ form, seat }: Joining, { room, page }: EventOf<"joined">): Step {
  const { id, self, connection } = room;
  const view = openRoom(room, seat.invite ?? null, page);
  return [
    { phase: "room", form, problem: null, room: view },
    [
      { type: "keep-name", name: self.name },
      { type: "keep-seat", room: id, change: { name: self.name, invite: seat.invite } },
      { type: "keep-token" },
      { type: "show-address", room: id },
      awayTimer(connection),
    ],
  ];
}

// Cells: out of the room

const forgetToken = (room: string): Effect => ({
  type: "keep-seat",
  room,
  change: { token: undefined },
});

/** `replaced`: another tab holds this identity now, and this tab may take it back (protocol §4). */
const forgetTokenAfter = (code: ErrorCode, room: string): Effect[] =>
  code === "replaced" ? [] : [forgetToken(room)];

/** The room ended between the backend's answer and its first appearance on the page. */
function closeEarly({ form }: Joining, { code }: EventOf<"closed">): Step {
  return [start(form, code), [ABORT, ...forgetTokenAfter(code, form.room)]];
}

function closeRoom({ room }: InRoom, code: ErrorCode): Step {
  const form = { room: room.id, name: room.self.name, invite: room.invite ?? "" };
  return [
    start(form, code === "left" ? null : code),
    [{ type: "stop-away-timer" }, ...forgetTokenAfter(code, room.id)],
  ];
}

// Cells: inside the room

function changed(state: InRoom, event: RoomEvent): InRoom {
  const room = changeRoom(state.room, event);
  return room === state.room ? state : { ...state, room };
}

function change(state: InRoom, event: RoomEvent): Step {
  return [changed(state, event), []];
}

function changeWithProblem(
  state: InRoom,
  event: EventOf<"text-failed" | "host-call-failed" | "problem-reported">,
): Step {
  return [{ ...changed(state, event), problem: event.code }, []];
}

function sendText(state: InRoom, event: EventOf<"text-entered">): Step {
  const entry = state.room.nextEntry;
  return [changed(state, event), [{ type: "send-text", entry, text: event.text }]];
}

function changeConnection(state: InRoom, event: EventOf<"connection-changed">): Step {
  return [changed(state, event), [{ type: "keep-token" }, awayTimer(event.state)]];
}

const awayTimer = (connection: RoomState): Effect =>
  connection === "reconnecting"
    ? { type: "start-away-timer", ms: AWAY_AFTER_MS }
    : { type: "stop-away-timer" };

function makeInvite(state: InRoom, event: EventOf<"invite-submitted">): Step {
  return [changed(state, event), [{ type: "invite", options: event.options }]];
}

function takeInvite(state: InRoom, event: EventOf<"invite-made">): Step {
  const { id } = state.room;
  const keep: Effect = { type: "keep-seat", room: id, change: { invite: event.invite } };
  return [changed(state, event), [keep]];
}
