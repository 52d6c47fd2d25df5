import { HeliographError } from "../errors.js";
import { retry } from "../timing/retry.js";
import type { Backends, CreatedRoom, CreateRoomOptions, JoinOptions, Room } from "../types.js";
import { Api, type JoinRequest } from "../wire/api.js";
import { createSecret } from "../wire/ids.js";
import type { Admission } from "../wire/protocol.js";
import { JoinedRoom } from "./room.js";
import type { Seat } from "./signaling.js";

const JOIN_TRIES = 3;
const MAX_RETRY_AFTER_SECONDS = 5; // somebody looks at the page and waits

/**
 * Creates a room with options; whoever holds its host token can kick, lock and invite. Rejects with
 * a `HeliographError`: `invalid_options`, `rate_limited`, `backend_away` and the like.
 */
export async function createRoom(options: CreateRoomOptions): Promise<CreatedRoom> {
  const { backends, fetch, signal, onProof, ...room } = options;
  return new Api(listOf(backends)[0], fetch, onProof).create(room, signal);
}

/**
 * Joins a room: resolves once admitted, while the peers are being connected. Listen right away:
 * everyone who is there is announced by `peer-joined`. Rejects with a `HeliographError`:
 * `room_full`, `room_locked`, `invite_required`, `unsupported`, `aborted`, `backend_away` …
 */
export async function join(options: JoinOptions): Promise<Room> {
  if (typeof RTCPeerConnection === "undefined") {
    throw new HeliographError("unsupported", "This browser has no WebRTC.");
  }
  const { hostToken, rtc, report, signal } = options;
  const api = new Api(listOf(options.backends)[0], options.fetch, options.onProof);
  const seat = { api, request: requestOf(options), hostToken };
  const admission = await admit(seat, signal);
  if (signal?.aborted) {
    void api.leave(admission.token).catch(() => {});
    throw new HeliographError("aborted", "The join was aborted.");
  }
  return new JoinedRoom({ seat, admission, rtc, report });
}

function admit({ api, request, hostToken }: Seat, signal?: AbortSignal): Promise<Admission> {
  return retry(() => api.negotiate(request, hostToken, signal), {
    tries: JOIN_TRIES,
    maxRetryAfterSeconds: MAX_RETRY_AFTER_SECONDS,
    signal,
  });
}

function requestOf({ room, name, secret = createSecret() }: JoinOptions): JoinRequest {
  return { room, ...(name === undefined ? {} : { name }), secret, visit: Date.now() };
}

function listOf(backends: Backends): [string, ...string[]] {
  const [first, ...others] = typeof backends === "string" ? [backends] : backends;
  if (first === undefined) throw new HeliographError("invalid_options", "No backend is named.");
  return [first, ...others];
}
