import { HeliographError, isTransient } from "../errors.js";
import { hedge } from "../stamps/hedge.js";
import { firstAsked, homeNumber, sortBackends } from "../stamps/home.js";
import { pause } from "../timing/backoff.js";
import type {
  Backends,
  CreatedRoom,
  CreateRoomOptions,
  JoinOptions,
  PrepareOptions,
  Room,
} from "../types.js";
import { Api, type JoinRequest } from "../wire/api.js";
import { prepareSockets } from "../wire/hub.js";
import { createSecret, nextMoment } from "../wire/ids.js";
import { Entrance, FIRST_HEDGE_MS, requireSecret, type Seat } from "./entrance.js";
import type { OpenOffer } from "./open-offer.js";
import { Preparations } from "./preparations.js";
import { JoinedRoom } from "./room.js";

const MAX_OFFERS = 8; // docs/protocol.md §1
const CREATE_TIMEOUT_MS = 45_000; // a proof of work may take 30 s of it

/**
 * Creates a room with options; whoever holds its host token can kick, lock and invite. The first
 * backend that answers makes it. Rejects with a `HeliographError`: `invalid_options`,
 * `rate_limited`, `backend_away` and the like.
 */
export async function createRoom(options: CreateRoomOptions): Promise<CreatedRoom> {
  const { backends, fetch, signal, onProof, ...room } = options;
  sorted(backends); // refuses what are no backends
  const proof = once(onProof);
  const apis = listOf(backends).map((backend) => new Api(backend, fetch, proof));
  const { value } = await hedge({
    stamps: [...apis.keys()],
    attempt: (stamp, end) => (apis[stamp] as Api).create(room, end),
    hedgeMs: () => FIRST_HEDGE_MS, // signing costs nothing, so the next is asked soon
    isFinal: (error) => !isTransient(error),
    timeoutMs: CREATE_TIMEOUT_MS,
    time: { now: () => performance.now(), pause },
    signal,
  });
  return value;
}

const preparations = new Preparations();

/**
 * For a page on which somebody is about to join: opens a connection to each backend, which browsers
 * keep for a minute or more, begins to load what a socket needs, and describes connections to whoever may be there, which the next
 * `join` takes with it if it comes within 90 s. Resolves within 10 s or so; rejects only with
 * `invalid_options`, for what is no backend.
 */
export async function prepare({ backends, fetch, people = 2 }: PrepareOptions): Promise<void> {
  const apis = sorted(backends).map((backend) => new Api(backend, fetch));
  const others = Math.min(MAX_OFFERS, Math.max(1, Math.floor(people) - 1));
  prepareSockets();
  await Promise.all([...apis.map((api) => api.connect()), describe(apis, others)]);
}

/** Not before we know the STUN servers: without them the offer is of no use in most networks. */
async function describe(apis: readonly Api[], count: number): Promise<void> {
  if (typeof RTCPeerConnection === "undefined") return;
  try {
    const iceServers = await Promise.any(apis.map((api) => api.ice()));
    await preparations.describe(keyOf(apis), iceServers, count);
  } catch {
    // Then the next `join` brings no offer.
  }
}

const keyOf = (apis: readonly Api[]) => apis.map(({ base }) => base).join(" ");

/** They were described for nobody's own `rtc`. */
function preparedOffers(apis: readonly Api[], rtc?: RTCConfiguration): readonly OpenOffer[] {
  return rtc ? [] : preparations.take(keyOf(apis));
}

/**
 * Joins a room: resolves once a stamp has admitted us, while the others and the peers are being
 * connected. Listen right away: everyone who is there is announced by `peer-joined`. Rejects with a
 * `HeliographError`: `room_full`, `room_locked`, `invite_required`, `unsupported`, `aborted`,
 * `backend_away` …
 */
export async function join(options: JoinOptions): Promise<Room> {
  if (typeof RTCPeerConnection === "undefined") {
    throw new HeliographError("unsupported", "This browser has no WebRTC.");
  }
  const { rtc, report, sleepAfter, media, signal } = options;
  const apis = apisOf(options);
  const brought = preparedOffers(apis, rtc);
  const seat = seatOf(options, apis, brought.length);
  const entrance = new Entrance(seat, signal, brought);
  prepareSockets();
  try {
    const { stamp, admission } = await entrance.admitted();
    const { firsts, orders } = entrance;
    const tokens = new Map([[stamp, admission.token]]);
    const entered = { seat, self: admission.peer, firsts, orders, tokens };
    return new JoinedRoom({ entered, admission, brought, rtc, report, sleepAfter, media });
  } catch (error) {
    for (const each of brought) each.close();
    throw error;
  }
}

function apisOf({ backends, fetch, onProof }: JoinOptions): Api[] {
  const proof = once(onProof);
  return sorted(backends).map((backend) => new Api(backend, fetch, proof));
}

/** `offers`: how many are brought. */
function seatOf(options: JoinOptions, apis: readonly Api[], offers: number): Seat {
  const { room, hostToken } = options;
  const isCreated = homeNumber(room) !== null;
  const first = isCreated || offers > 1 ? firstAsked(room, apis.length) : null;
  return { apis, request: requestOf(options), hostToken, home: isCreated ? first : null, first };
}

function requestOf({ room, name, secret }: Pick<JoinOptions, "room" | "name" | "secret">) {
  const request: JoinRequest = {
    room,
    ...(name === undefined ? {} : { name }),
    secret: secret === undefined ? createSecret() : requireSecret(secret),
    visit: nextMoment(),
  };
  return request;
}

/** In the same order on every page, so that all of them give the stamps the same numbers. */
function sorted(backends: Backends): string[] {
  const base = typeof location === "undefined" ? undefined : location.href;
  return sortBackends(listOf(backends), base);
}

function listOf(backends: Backends): readonly string[] {
  return typeof backends === "string" ? [backends] : backends;
}

/** Two stamps may ask for a proof: it is one wait. */
function once(call: () => void = () => {}): () => void {
  let called = false;
  return () => {
    if (!called) call();
    called = true;
  };
}
