/** What the room page says about each error code: what has happened, and what to do next. */
import type { ErrorCode } from "@heliograph/client";

/** The button beside a problem: try again, come back into the room, or none. */
export type Remedy = "retry" | "return" | "none";

/** The words for one code. */
export interface Problem {
  /** What has happened. */
  readonly title: string;
  /** What to do, or what happens, next. */
  readonly next: string;
  readonly remedy: Remedy;
}

const problem = (title: string, next: string, remedy: Remedy = "none"): Problem => ({
  title,
  next,
  remedy,
});

const PLACE_GONE = problem(
  "Your place in this room is gone.",
  "Join again to come back.",
  "return",
);

const NOT_DIRECT = problem(
  "Someone here cannot be connected with you directly.",
  "Messages to them go through the server instead: you can go on writing.",
);

/** Codes of protocol §6, of the SDK, and of the form (`name_missing`, `room_missing`). */
const PROBLEMS: Readonly<Record<string, Problem>> = {
  // joining
  room_full: problem(
    "This room is full.",
    "Try again when someone has left, or start a new room.",
    "retry",
  ),
  room_locked: problem(
    "This room is locked.",
    "Ask the host to unlock it, then try again.",
    "retry",
  ),
  room_not_found: problem(
    "There is no such room, or it has ended.",
    "Ask for the link again, or start a new room and send its link around.",
  ),
  invite_required: problem(
    "This room is by invitation.",
    "Ask the host for an invite link and open that link.",
  ),
  invite_expired: problem("This invite has expired.", "Ask the host for a new invite link."),
  invite_used: problem("This invite has been used up.", "Ask the host for a new invite link."),
  invite_revoked: problem(
    "The host has withdrawn this invite.",
    "Ask the host for a new invite link.",
  ),
  invalid_name: problem(
    "This name does not work.",
    "Use up to 64 characters: letters, digits, emoji and spaces are fine.",
  ),
  name_missing: problem("You have no name yet.", "Type what the others should call you."),
  invalid_room: problem(
    "This is not the name of a room.",
    "Use up to 64 letters, digits, - and _ without spaces, or paste the link to a room.",
  ),
  link_cut: problem(
    "This link is not complete.",
    "It may have been cut short: ask for it again, and open or paste all of it.",
  ),
  room_missing: problem(
    "No room is named.",
    "Type its name or paste its link, or start a new room.",
  ),
  // losing the place in the room
  kicked: problem(
    "The host has removed you from this room.",
    "If that was a mistake, ask the host for a new link.",
  ),
  replaced: problem(
    "You went on in another tab or window.",
    "Go on there, or come back here.",
    "return",
  ),
  not_member: PLACE_GONE,
  bad_token: PLACE_GONE,
  token_expired: PLACE_GONE,
  closed: PLACE_GONE,
  // the backend, the load, the browser
  backend_away: problem(
    "The backend is away.",
    "Check your connection. This page keeps trying by itself and lets you in as soon as it answers.",
    "retry",
  ),
  unavailable: problem(
    "The backend is not available: a service it needs does not answer.",
    "This page keeps trying by itself and lets you in as soon as it is back.",
    "retry",
  ),
  busy: problem(
    "Very many people are coming in right now.",
    "This page tries again by itself in a moment.",
    "retry",
  ),
  rate_limited: problem(
    "That was too much at once.",
    "Wait a few seconds, then try again.",
    "retry",
  ),
  proof_required: problem(
    "This browser could not show that you are not a robot.",
    "Many people are coming in, so each browser has to do a small calculation first. Try again in a moment.",
    "retry",
  ),
  bad_proof: problem(
    "Checking that you are not a robot took too long.",
    "Try again: it usually takes a second.",
    "retry",
  ),
  unsupported: problem(
    "This browser cannot connect to other browsers.",
    "WebRTC is missing or switched off: use a current Firefox, Chrome, Edge or Safari.",
  ),
  // inside the room
  connection_failed: NOT_DIRECT,
  negotiation_failed: NOT_DIRECT,
  too_large: problem("That is too long to send.", "Send it in smaller parts."),
  invalid_message: problem("That cannot be sent.", "Write 1 to 4,096 characters."),
  peer_not_found: problem("That person has left already.", "There is nothing more to do."),
  not_connected: problem(
    "There is no connection to that person yet.",
    "Try again when “Connected” stands at their name.",
  ),
  no_answer: problem(
    "The other browser does not answer.",
    "Try again. If it stays so, its page is an older one: ask them to load it again.",
  ),
  safety_mismatch: problem(
    "Somebody may be listening in.",
    "The other side has not kept to what it had promised. Say nothing secret here, and meet in another way.",
  ),
  not_host: problem("Only the host can do that.", "Ask the host of this room."),
};

/** Inside a room nobody waits to be let in: these are about what the user has just asked for. */
const ROOM_PROBLEMS: Readonly<Record<string, Problem>> = {
  backend_away: problem(
    "That was not done: the backend is away.",
    "Do it again when “Connected” stands at the top. Your connections to the others go on.",
  ),
  unavailable: problem(
    "That was not done: a service that the backend needs does not answer.",
    "Do it again in a moment. Your connections to the others go on.",
  ),
  busy: problem("That was not done: the backend is busy.", "Do it again in a moment."),
};

/** The words for `code` to somebody who is in a room. */
export const roomProblemWords = (code: ErrorCode): Problem =>
  (Object.hasOwn(ROOM_PROBLEMS, code) ? ROOM_PROBLEMS[code] : undefined) ?? problemWords(code);

/** The words for `code`. A code that this page does not know is shown, so that users can report it. */
export function problemWords(code: ErrorCode): Problem {
  const known = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
  return known ?? unknown(code);
}

const unknown = (code: ErrorCode): Problem =>
  problem(
    "Something went wrong.",
    `Try again. If it stays, tell whoever runs this site the code “${code}”.`,
    "retry",
  );
