/** Cells of the table in `step.ts`: from the form into a room, and out of it again. */
import type { ErrorCode } from "@heliograph/client";
import { nextTry } from "./admission.js";
import type { Effect, Step } from "./effects.js";
import type { EventOf } from "./events.js";
import { type Form, problemIn } from "./form.js";
import { ROOM_TTL_SECONDS } from "./host.js";
import { showAddress } from "./inside.js";
import type { Seat } from "./seat.js";
import {
  type Creating,
  type InRoom,
  type Joining,
  type State,
  start,
  type Waiting,
} from "./state.js";

const ABORT: Effect = { type: "abort" };

export function openLink(state: State, event: EventOf<"link-opened">): Step {
  const { link, kept, lastName, supported } = event;
  const filled = { ...link, name: link.name || kept.name || lastName };
  if (!supported) return [start(filled, "unsupported"), [ABORT]];
  const known = link.room && (link.name || kept.inside);
  if (!known) return [start(filled), [ABORT]];
  const form = { ...link, name: link.name || (kept.name ?? "") };
  return submitJoin(state, { type: "join-submitted", form, kept });
}

/** Links differ in their fragment only, so the browser does not load the page anew for another. */
export function openLinkInRoom(state: InRoom, event: EventOf<"link-opened">): Step {
  const { room } = event.link;
  if (room === state.room.code) return [state, []];
  if (room === "" || room === state.room.id) return [state, [showAddress(state.room.code)]];
  const [, left] = leaveRoom(state);
  const [next, effects] = openLink(state, event);
  return [next, [...left, ...effects]];
}

export function submitJoin(_: State, { form, kept }: EventOf<"join-submitted">): Step {
  const problem = problemIn(form);
  return problem ? [start(form, problem), [ABORT]] : join(joining(form, kept));
}

export function submitCreate(_: State, event: EventOf<"create-submitted">): Step {
  const { form, options } = event;
  const creating: Creating = { phase: "creating", form, problem: null, proving: false };
  return [creating, [{ type: "create-room", options: { ...options, ttl: ROOM_TTL_SECONDS } }]];
}

export function refuseCreate({ form }: Creating, { refusal }: EventOf<"refused">): Step {
  return [start(form, refusal.code), []];
}

/** The host is in its own room by the host token, and shows others the way by the invite. */
export function joinCreated({ form }: Creating, event: EventOf<"room-created">): Step {
  const { host, secret } = event;
  const room = host.invite?.code ?? host.room;
  const seat: Seat = { secret, inside: false, host };
  const [state, effects] = join(joining({ room, name: form.name }, seat));
  return [state, [{ type: "keep-host", host }, ...effects]];
}

export function retry({ form, seat }: Joining | Waiting): Step {
  return join(joining(form, seat));
}

/** The problem stays on the page until the next try has an answer. */
export function joinAgain({ form, seat, retries, problem }: Waiting): Step {
  return join({ ...joining(form, seat), retries, problem });
}

export function cancel({ form }: State): Step {
  return [start(form), [ABORT]];
}

export function prove(state: Creating | Joining): Step {
  return [{ ...state, proving: true }, []];
}

export function refuseJoin(state: Joining, { refusal }: EventOf<"refused">): Step {
  const { form, seat, retries } = state;
  const next = nextTry(refusal, seat.host !== undefined, retries);
  if (next.type === "stop") return [start(form, refusal.code), [outside(form.room)]];
  if (next.type === "as-guest") {
    const { host: _, ...guest } = seat;
    return join({ ...state, seat: guest, retries: retries + 1 });
  }
  const waiting = { form, seat, retries: retries + 1, problem: refusal.code };
  return [{ phase: "waiting", ...waiting }, [{ type: "wait", seconds: next.seconds }]];
}

/** The room ended between the backend's answer and its first appearance on the page. */
export function closeEarly({ form }: Joining, { code }: EventOf<"closed">): Step {
  return [start(form, code), [ABORT, ...outsideAfter(code, form.room)]];
}

export function closeRoom({ room }: InRoom, { code }: { readonly code: ErrorCode }): Step {
  const form = { room: room.code, name: room.self.name };
  return [
    start(form, code === "left" ? null : code),
    [
      { type: "stop-timer", timer: "away" },
      { type: "stop-timer", timer: "invite" },
      ...outsideAfter(code, room.id),
    ],
  ];
}

export function leaveRoom(state: InRoom): Step {
  const [next, effects] = closeRoom(state, { code: "left" });
  return [next, [...effects, { type: "leave" }]];
}

const joining = (form: Form, seat: Seat): Joining => ({
  phase: "joining",
  form,
  seat,
  problem: null,
  retries: 0,
  proving: false,
});

/** The secret is kept first: whatever becomes of this attempt, the next one is the same peer. */
function join(state: Joining): Step {
  const { form, seat } = state;
  const { secret, host } = seat;
  const ask = { room: host?.room ?? form.room, name: form.name, secret };
  return [
    state,
    [
      { type: "keep-seat", room: form.room, change: { secret } },
      { type: "join", ...ask, ...(host && { hostToken: host.hostToken }) },
    ],
  ];
}

/** The secret stays: whoever was removed is the same peer when it tries again, and is refused. */
const outside = (room: string): Effect => ({
  type: "keep-seat",
  room,
  change: { inside: false },
});

/** `replaced`: another tab is this peer now, and this tab may take the place back (protocol §4). */
const outsideAfter = (code: ErrorCode, room: string): Effect[] =>
  code === "replaced" ? [] : [outside(room)];
