/** What has happened, and what to do or what happens next, by code. */

/** Codes of protocol §6, of the SDK, and of the form (`room_missing`). */
export const problems = {
  // joining
  room_full: ["This room is full.", "Try again when someone has left, or start a new room."],
  room_locked: ["This room is locked.", "Ask the host to unlock it, then try again."],
  room_not_found: [
    "There is no such room, or it has ended.",
    "Ask for the link again, or start a new room and send its link around.",
  ],
  invite_required: ["This room is by invitation.", "Ask the host for an invite link."],
  invite_expired: ["This invite has expired.", "Ask the host for a new invite link."],
  invite_used: ["This invite has been used up.", "Ask the host for a new invite link."],
  invite_revoked: ["The host has withdrawn this invite.", "Ask the host for a new invite link."],
  invalid_name: ["This name does not work.", "Use up to 64 letters, digits, emoji and spaces."],
  invalid_room: [
    "This is not the name of a room.",
    "Use up to 64 letters, digits, - and _, or paste a link.",
  ],
  link_cut: ["This link is not complete.", "Ask for it again, and open or paste all of it."],
  room_missing: ["No room is named.", "Type its name or paste its link, or start a new room."],
  // losing the place in the room
  kicked: [
    "The host has removed you from this room.",
    "If that was a mistake, ask the host for a new link.",
  ],
  replaced: ["You went on in another tab or window.", "Go on there, or come back here."],
  place_gone: ["Your place in this room is gone.", "Join again to come back."],
  // the backend, the load, the browser
  backend_away: [
    "The backend is away.",
    "Check your connection. This page keeps trying by itself and lets you in as soon as it is back.",
  ],
  unavailable: [
    "A service that the backend needs does not answer.",
    "This page keeps trying by itself and lets you in as soon as it is back.",
  ],
  busy: [
    "Very many people are coming in right now.",
    "This page tries again by itself in a moment.",
  ],
  rate_limited: ["That was too much at once.", "Wait a few seconds, then try again."],
  day_full: ["The server is full for today.", "Calls go on. Try again tomorrow."],
  proof_required: [
    "This browser could not show that you are not a robot.",
    "Many people are coming in, so it has to calculate something first. Try again.",
  ],
  bad_proof: [
    "Checking that you are not a robot took too long.",
    "Try again: it usually takes a second.",
  ],
  unsupported: [
    "This browser cannot connect to other browsers.",
    "Use a current Firefox, Chrome, Edge or Safari, with WebRTC on.",
  ],
  // inside the room
  not_direct: [
    "Someone here cannot be connected with you directly.",
    "Messages to them go through the server: you can go on writing.",
  ],
  ice_server_refused: [
    "This browser cannot use a server that helps to connect.",
    "If someone here cannot be connected, tell whoever runs this site.",
  ],
  too_large: ["That is too long to send.", "Send it in smaller parts."],
  invalid_message: ["That cannot be sent.", "Write 1 to 4,096 characters."],
  peer_not_found: ["That person has left already.", "There is nothing more to do."],
  not_connected: [
    "There is no connection to that person yet.",
    "Try again when “Connected” stands at their name.",
  ],
  no_answer: [
    "The other browser does not answer.",
    "Try again. If it stays, ask them to load their page again: it is old.",
  ],
  safety_mismatch: [
    "Somebody may be listening in.",
    "The other side has not kept its promise. Say nothing secret here, and meet in another way.",
  ],
  not_host: ["Only the host can do that.", "Ask the host of this room."],
  /** A code that this page does not know is shown, so that users can report it. */
  unknown: [
    "Something went wrong.",
    "Try again. If it stays, tell whoever runs this site the code “{code}”.",
  ],
} satisfies Record<string, readonly [what: string, next: string]>;

/** Inside a room nobody waits to be let in: these are about what the user has just asked for. */
export const roomProblems = {
  backend_away: [
    "That was not done: the backend is away.",
    "Do it again when “Connected” stands at the top. Your connections to the others go on.",
  ],
  unavailable: [
    "That was not done: a service that the backend needs does not answer.",
    "Do it again in a moment. Your connections to the others go on.",
  ],
  busy: ["That was not done: the backend is busy.", "Do it again in a moment."],
} satisfies Record<string, readonly [what: string, next: string]>;
