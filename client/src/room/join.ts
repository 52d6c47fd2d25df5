import { HeliographError, isTransient } from "../errors.js";
import { retry } from "../timing/retry.js";
import type { CreatedRoom, CreateRoomOptions, JoinOptions, Room } from "../types.js";
import { Api } from "../wire/api.js";
import type { Admission } from "../wire/protocol.js";
import { JoinedRoom } from "./room.js";

const JOIN_TRIES = 3;
const MAX_RETRY_AFTER_SECONDS = 5; // somebody looks at the page and waits

/**
 * Creates a room with options; whoever holds its host token can kick, lock and invite. Rejects with
 * a `HeliographError`: `room_exists`, `invalid_options`, `rate_limited`, `backend_away` and the like.
 */
export async function createRoom(options: CreateRoomOptions): Promise<CreatedRoom> {
  const { backend, fetch, signal, onProof, ...room } = options;
  return new Api(backend, fetch, onProof).create(room, signal);
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
  const { backend, hostToken, rtc, report, signal } = options;
  const api = new Api(backend, options.fetch, options.onProof);
  const admission = await admit(api, options);
  if (signal?.aborted) {
    void api.leave(admission.token).catch(() => {});
    throw new HeliographError("aborted", "The join was aborted.");
  }
  return new JoinedRoom({ api, admission, hostToken, rtc, report });
}

function admit(api: Api, options: JoinOptions): Promise<Admission> {
  const { room, name, invite, hostToken, token, signal } = options;
  const ask = {
    room,
    ...(name === undefined ? {} : { name }),
    ...(invite === undefined ? {} : { invite }),
  };
  return retry(() => api.negotiate(ask, token ?? hostToken, signal), {
    tries: JOIN_TRIES,
    isRetryable: wasRefused,
    maxRetryAfterSeconds: MAX_RETRY_AFTER_SECONDS,
    signal,
  });
}

/**
 * Refused by an HTTP answer. Without an answer we may have been admitted, and a second try would
 * take a second seat.
 */
function wasRefused(error: unknown): boolean {
  return isTransient(error) && error.status !== undefined;
}
