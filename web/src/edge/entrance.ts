/** The way into a room: makes one, joins one, waits for the next try. One attempt at a time. */
import type { Room } from "@heliograph/client";
import type { EffectOf } from "../app/effects.js";
import type { Event } from "../app/events.js";
import { newInvite } from "../app/host.js";
import { refusalOf } from "./sdk-values.js";
import type { World } from "./world.js";

type Tell = (event: Event) => void;

/** The effects that lead into a room. Each ends the attempt before it. */
export interface Entrance {
  createRoom(effect: EffectOf<"create-room">): void;
  join(effect: EffectOf<"join">): void;
  wait(effect: EffectOf<"wait">): void;
  /** Ends the attempt under way: nothing of it is dispatched any more. */
  abort(): void;
}

/**
 * `joined` gets every room that is joined, and a signal that is aborted if nobody waits for that
 * room any more.
 */
export function createEntrance(
  world: World,
  dispatch: Tell,
  joined: (room: Room, signal: AbortSignal) => void,
): Entrance {
  let attempt = new AbortController();

  function begin(): Attempt {
    attempt.abort();
    attempt = new AbortController();
    return attemptOf(attempt.signal, dispatch);
  }

  return {
    abort: () => attempt.abort(),
    join: (effect) => join(world, effect, begin(), joined),
    createRoom: (effect) => createRoom(world, effect, begin()),
    wait({ seconds }) {
      const { signal, tell } = begin();
      const cancel = world.after(seconds * 1_000, () => tell({ type: "wait-ended" }));
      signal.addEventListener("abort", cancel);
    },
  };
}

interface Attempt {
  readonly signal: AbortSignal;
  /** Dispatches until the attempt is aborted. */
  readonly tell: Tell;
  readonly onProof: () => void;
  readonly refused: (error: unknown) => void;
}

function attemptOf(signal: AbortSignal, dispatch: Tell): Attempt {
  const tell: Tell = (event) => {
    if (!signal.aborted) dispatch(event);
  };
  return {
    signal,
    tell,
    onProof: () => tell({ type: "proof-requested" }),
    refused: (error) => tell({ type: "refused", refusal: refusalOf(error) }),
  };
}

function join(
  { sdk, backends }: World,
  { type: _, ...asked }: EffectOf<"join">,
  { signal, onProof, refused }: Attempt,
  joined: (room: Room, signal: AbortSignal) => void,
): void {
  const options = { backends, ...asked, signal, onProof };
  void sdk.join(options).then((opened) => joined(opened, signal), refused);
}

/** Times count from the moment we ask, by our own clock: it may differ from the backend's. */
function createRoom(
  { sdk, backends, now, newSecret }: World,
  { options }: EffectOf<"create-room">,
  { signal, tell, onProof, refused }: Attempt,
): void {
  const asked = now();
  const { ttl: ttlSeconds } = options;
  void sdk
    .createRoom({ backends, ...options, signal, onProof })
    .then(({ room, hostToken, inviteOnly, invite: code, capacity: uses }) => {
      const invite = inviteOnly ? newInvite(code, { uses, ttlSeconds }, asked) : null;
      const host = { room, hostToken, invite, endsAt: asked + ttlSeconds * 1_000 };
      tell({ type: "room-created", host, secret: newSecret() });
    }, refused);
}
