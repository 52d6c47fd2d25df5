import type { ErrorCode, LeftReason, Path, PeerState } from "@heliograph/client";

/** What a problem offers to do about it. */
export type Remedy = "retry" | "return" | "none";

export interface Problem {
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

const AWAY = problem(
  "The backend is away.",
  "Check your connection. This page keeps trying by itself and lets you in as soon as it answers.",
  "retry",
);

const PROBLEMS: Readonly<Record<string, Problem>> = {
  // coming in
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
  room_not_found: problem("This room has ended.", "Start a new room and send its link around."),
  room_exists: problem(
    "There is already a room with this name.",
    "Join it, or choose another name.",
  ),
  invite_required: problem(
    "This room is by invitation.",
    "Ask the host for an invite link and open that link.",
  ),
  bad_invite: problem(
    "This invite does not fit this room.",
    "The link may have been cut short: ask for it again, and open all of it.",
  ),
  invite_expired: problem("This invite has expired.", "Ask the host for a new invite link."),
  invite_used: problem("This invite has been used up.", "Ask the host for a new invite link."),
  invalid_name: problem(
    "This name does not work.",
    "Use up to 64 characters: letters, digits, emoji and spaces are fine.",
  ),
  name_missing: problem("You have no name yet.", "Type what the others should call you."),
  invalid_room: problem(
    "This is not the name of a room.",
    "Use up to 64 letters, digits, - and _ without spaces, or paste an invite link.",
  ),
  room_missing: problem(
    "No room is named.",
    "Type its name or paste its link, or start a new room.",
  ),
  // being put out
  kicked: problem(
    "The host has removed you from this room.",
    "If that was a mistake, ask the host for a new link.",
  ),
  replaced: problem(
    "You went on in another tab or window.",
    "Go on there, or come back here.",
    "return",
  ),
  not_member: problem("Your place in this room is gone.", "Join again to come back.", "return"),
  bad_token: problem("Your place in this room is gone.", "Join again to come back.", "return"),
  token_expired: problem("Your place in this room is gone.", "Join again to come back.", "return"),
  closed: problem("Your place in this room is gone.", "Join again to come back.", "return"),
  // the weather
  backend_away: AWAY,
  unavailable: problem(
    "The backend is resting: a service it needs is away.",
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
    "This browser could not show that it is no robot.",
    "So many are coming in that each has to do a small calculation first. Try again in a moment.",
    "retry",
  ),
  bad_proof: problem(
    "Showing that you are no robot took too long.",
    "Try again: it usually takes a second.",
    "retry",
  ),
  unsupported: problem(
    "This browser cannot connect to other browsers.",
    "WebRTC is missing or switched off: use a current Firefox, Chrome, Edge or Safari.",
  ),
  // inside
  not_connected: problem(
    "That did not get out: there is no connection right now.",
    "Wait for “Connected” and send it again.",
  ),
  connection_failed: problem(
    "Someone here cannot be connected with you directly.",
    "Messages to them go through the server instead: you can go on writing.",
  ),
  too_large: problem("That is too long to send.", "Send it in smaller parts."),
  invalid_message: problem("That cannot be sent.", "Write 1 to 4,096 characters."),
  peer_not_found: problem("That person has left already.", "There is nothing more to do."),
  not_host: problem("Only the host can do that.", "Ask the host of this room."),
};

/** Codes which pass by themselves: the page tries again without being asked. */
const PASSING: ReadonlySet<string> = new Set(["backend_away", "unavailable", "busy"]);

export const passes = (code: ErrorCode): boolean => PASSING.has(code);

/** Every code has a sentence; one we do not know is shown, so that it can be reported. */
export function problemWords(code: ErrorCode): Problem {
  const known = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
  return (
    known ??
    problem(
      "Something went wrong.",
      `Try again. If it stays, tell whoever runs this site the code “${code}”.`,
      "retry",
    )
  );
}

export const STATE_WORDS: Readonly<Record<PeerState, string>> = {
  connecting: "Connecting…",
  connected: "Connected",
  reconnecting: "Reconnecting…",
  failed: "Failed",
};

export const PATH_WORDS: Readonly<Record<Path, string>> = {
  direct: "direct",
  relayed: "relayed",
  server: "via server",
};

export const PATH_MEANS: Readonly<Record<Path, string>> = {
  direct: "Straight from browser to browser.",
  relayed:
    "Browser to browser, still encrypted, through a relay, because a network in between forbids the straight way.",
  server: "Messages pass through the server until the browsers have found each other.",
};

const LEFT_WORDS: Readonly<Record<LeftReason, string>> = {
  left: "left",
  lost: "lost the connection",
  kicked: "was removed by the host",
  expired: "did not come back",
};

export const nameOf = (name: string): string => name || "Guest";
export const joinedNote = (name: string): string => `${nameOf(name)} joined`;
export const leftNote = (name: string, reason: LeftReason): string =>
  `${nameOf(name)} ${LEFT_WORDS[reason] ?? "left"}`;

export const PROVING = "Checking that you are no robot…";
export const RECONNECTING = "Reconnecting… Connections you already have go on.";
export const BACKEND_AWAY =
  "The backend is away. You can go on talking to everyone you are connected with directly; nobody new can come in. This page keeps trying by itself.";
