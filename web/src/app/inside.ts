/** Cells of the table in `step.ts`: into the room, and what happens in it. */
import type { RoomState } from "@heliograph/client";
import { isPassing } from "./admission.js";
import type { Effect, Step } from "./effects.js";
import type { EventOf, RoomEvent } from "./events.js";
import { type Kept, keepLink, renewLater, renewLink, watchLink } from "./keep-link.js";
import { changeRoom, openRoom, type RoomView, type Way } from "./room.js";
import type { InRoom, Joining } from "./state.js";

/** A short interruption shows one word; one longer than this is explained. */
export const AWAY_AFTER_MS = 8_000;

/** Shows the link to a room in the address bar. */
export const showAddress = (room: string): Effect => ({ type: "show-address", room });

export function enterRoom(state: Joining, { room, page, at }: EventOf<"joined">): Step {
  const { form } = state;
  const view = openRoom(room, wayOf(state, room.id, page));
  const change = { name: room.self.name, inside: true, code: room.id };
  return withLink(
    { phase: "room", form, problem: null, room: view },
    (opened) => watchLink(opened, at),
    [
      { type: "keep-name", name: room.self.name },
      { type: "keep-seat", room: form.room, change },
      showAddress(view.code),
      awayTimer(room.connection),
    ],
  );
}

/** A host who came by the room's name, or by an older invite, shows the newest invite. */
function wayOf({ form, seat }: Joining, id: string, page: string): Way {
  const invite = seat.host?.room === id ? seat.host.invite : null;
  return { code: invite?.code ?? form.room, invite, page };
}

function changed(state: InRoom, event: RoomEvent): InRoom {
  const room = changeRoom(state.room, event);
  return room === state.room ? state : { ...state, room };
}

export function change(state: InRoom, event: RoomEvent): Step {
  return [changed(state, event), []];
}

/** Something has just worked: what is said of a backend that does not answer is over. */
function changedForGood(state: InRoom, event: RoomEvent): InRoom {
  const next = changed(state, event);
  return next.problem !== null && isPassing(next.problem) ? { ...next, problem: null } : next;
}

export function changeForGood(state: InRoom, event: RoomEvent): Step {
  return [changedForGood(state, event), []];
}

export function changeWithProblem(
  state: InRoom,
  event: EventOf<"text-failed" | "host-call-failed" | "problem-reported">,
): Step {
  return [{ ...changed(state, event), problem: event.code }, []];
}

export function dismissProblem(state: InRoom): Step {
  return [{ ...state, problem: null }, []];
}

export function sendText(state: InRoom, event: EventOf<"text-entered">): Step {
  const entry = state.room.nextEntry;
  return [changed(state, event), [{ type: "send-text", entry, text: event.text }]];
}

export function changeConnection(state: InRoom, event: EventOf<"connection-changed">): Step {
  const next = event.state === "connected" ? changedForGood(state, event) : changed(state, event);
  return [next, [awayTimer(event.state)]];
}

const awayTimer = (connection: RoomState): Effect =>
  connection === "reconnecting"
    ? { type: "start-timer", timer: "away", ms: AWAY_AFTER_MS }
    : { type: "stop-timer", timer: "away" };

export function kick(state: InRoom, { id }: EventOf<"kick-pressed">): Step {
  return [state, [{ type: "kick", id }]];
}

export function lock(state: InRoom, event: EventOf<"lock-pressed">): Step {
  return [changed(state, event), [{ type: "lock", locked: event.locked }]];
}

/** What the page asks for by itself fails without a word, and is asked for again. */
export function failHostCall(state: InRoom, event: EventOf<"host-call-failed">): Step {
  return event.call === "renew"
    ? [changed(state, event), renewLater()]
    : changeWithProblem(state, event);
}

// The link of a host: `keep-link.ts`

/** The state with what `keep` makes of its room; `effects` go first. */
function withLink(
  state: InRoom,
  keep: (room: RoomView) => Kept,
  effects: readonly Effect[] = [],
): Step {
  const [room, more] = keep(state.room);
  const next = room === state.room ? state : { ...state, room };
  return [next, [...effects, ...more]];
}

export function notePerson(state: InRoom, event: EventOf<"peer-seen">): Step {
  return withLink(changed(state, event), (room) => keepLink(state.room, room, event.at));
}

export function noteKick(state: InRoom, event: EventOf<"kicked">): Step {
  return withLink(changedForGood(state, event), renewLink);
}

export function watchInvite(state: InRoom, { at }: EventOf<"invite-due">): Step {
  return withLink(state, (room) => watchLink(room, at));
}

export function makeInvite(state: InRoom, event: EventOf<"invite-submitted">): Step {
  const { options } = event;
  return [changed(state, event), [{ type: "invite", call: "invite", options }]];
}

export function takeInvite(state: InRoom, event: EventOf<"invite-made">): Step {
  const { code } = event.invite;
  const keep = (room: RoomView): Kept => keepLink(state.room, room, event.at);
  return withLink(changedForGood(state, event), keep, [
    { type: "keep-seat", room: state.room.id, change: { code } },
    showAddress(code),
  ]);
}
