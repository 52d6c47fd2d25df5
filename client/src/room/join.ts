import { HeliographError, isTransient } from "../errors.js";
import { backoff, pause } from "../timing/backoff.js";
import type { CreatedRoom, CreateRoomOptions, JoinOptions, Room } from "../types.js";
import { Api } from "../wire/api.js";
import type { Admission } from "../wire/protocol.js";
import { JoinedRoom } from "./room.js";

const TRIES = 3;
const PATIENCE = 5; // seconds that the backend may ask us to wait

/** Creates a room with options; whoever holds its host token can kick, lock and invite. */
export async function createRoom(options: CreateRoomOptions): Promise<CreatedRoom> {
  const { backend, fetch, signal, onProof, ...room } = options;
  return new Api(backend, fetch, onProof).create(room, signal);
}

/**
 * Joins a room: resolves once admitted, while the peers are being connected. Listen right away:
 * everyone who is there is announced by `peer-joined`.
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

/** Tried again only when refused, for a refused call changes nothing: a lost answer is a lost seat. */
async function admit(api: Api, options: JoinOptions): Promise<Admission> {
  const { room, name, invite, hostToken, token, signal } = options;
  const ask = {
    room,
    ...(name === undefined ? {} : { name }),
    ...(invite === undefined ? {} : { invite }),
  };
  for (let tries = 1; ; tries += 1) {
    try {
      return await api.negotiate(ask, token ?? hostToken, signal);
    } catch (error) {
      const refused = isTransient(error) && error.status !== undefined;
      const wait = refused ? (error.retryAfter ?? 0) : 0;
      if (!refused || tries === TRIES || wait > PATIENCE) throw error;
      await pause(wait * 1_000 + backoff(tries), signal);
    }
  }
}
