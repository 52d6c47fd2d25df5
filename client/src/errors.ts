/** Codes the backend answers (docs/protocol.md §6). */
export type BackendCode =
  | "invalid_json"
  | "invalid_room"
  | "invalid_name"
  | "invalid_message"
  | "invalid_secret"
  | "unknown_kind"
  | "missing_to"
  | "invalid_options"
  | "missing_token"
  | "bad_token"
  | "token_expired"
  | "proof_required"
  | "bad_proof"
  | "wrong_room"
  | "not_host"
  | "not_member"
  | "kicked"
  | "room_locked"
  | "invite_required"
  | "invite_expired"
  | "invite_used"
  | "invite_revoked"
  | "room_not_found"
  | "room_full"
  | "length_required"
  | "too_large"
  | "rate_limited"
  | "day_full"
  | "internal"
  | "busy"
  | "unavailable";

/** Codes that this package makes itself. */
export type ClientCode =
  | "backend_away" // no answer: no network, a timeout, or the error page of a gateway
  | "bad_answer" // an answer of a form that this version does not know
  | "aborted" // the caller's AbortSignal
  | "closed" // the room is closed, or being left
  | "left" // we left
  | "peer_not_found" // a message to somebody who is not in the room
  | "not_connected" // there is no peer-to-peer connection to this peer
  | "no_answer" // a peer did not answer in time; its version of this package may be older
  | "replaced" // the same identity connected elsewhere
  | "connection_failed" // the peer-to-peer connection could not be made
  | "negotiation_failed" // a browser refused a description, and another try did not help
  | "ice_server_refused" // by the browser: the URL of a STUN or TURN server, or its credential
  | "unexpected" // an error that this package did not foresee
  | "undelivered" // nobody has acknowledged a message for 60 s, or too many newer ones wait
  | "safety_mismatch" // somebody may be in between: the other side has not said what it promised
  | "unsupported"; // this browser has no WebRTC, or this connection no safety words

/** Why a file was not sent. */
export type TransferCode =
  | "cancelled" // a transfer, by either side
  | "declined" // a file, by its receiver
  | "file_corrupt" // what arrives is not what was sent
  | "file_too_large" // for the memory of a browser that lets nobody write to its disk
  | "file_unreadable" // it was changed or removed while it was sent
  | "file_unwritable" // there is no room for it, or it may not be written
  | "invalid_file" // what is to be sent is no file
  | "not_loaded" // a part of this package could not be fetched
  | "peer_gone"; // the other side of a transfer, or who was to get a message, has left the room

/** Why a microphone, camera or screen is not sent. */
export type MediaCode =
  | "media_denied" // by the user, the browser's settings or the page's policy
  | "media_not_found" // there is no such device
  | "media_busy"; // the device or the system does not give it, mostly because another program has it

/** A code of a newer backend arrives as it is. */
export type ErrorCode = BackendCode | ClientCode | MediaCode | TransferCode | (string & {});

/** What is known beside the code. */
export interface ErrorDetail {
  /** HTTP status, when an HTTP answer said so. */
  status?: number;
  /** Seconds to wait before the next try. */
  retryAfter?: number;
  /** Who did not get a message. */
  peers?: readonly string[];
}

/** The one error this package throws. `code` is stable, `message` is for people. */
export class HeliographError extends Error {
  override readonly name = "HeliographError";
  readonly code: ErrorCode;
  readonly status?: number;
  readonly retryAfter?: number;
  readonly peers?: readonly string[];

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message);
    this.code = code;
    Object.assign(this, detail);
  }
}

/** Nothing was decided, so the same call may succeed later. */
const TRANSIENT_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "day_full",
  "backend_away",
  "bad_answer",
  "busy",
  "internal",
  "rate_limited",
  "unavailable",
]);

/** True for an error after which the same call is worth another try. */
export function isTransient(error: unknown): error is HeliographError {
  return error instanceof HeliographError && TRANSIENT_CODES.has(error.code);
}
