/** Carries out effects: one line for each type. */
import type { Effect } from "../app/effects.js";
import type { Event } from "../app/events.js";
import { makeLink } from "../app/link.js";
import type { CurrentRoom } from "./current-room.js";
import type { Entrance } from "./entrance.js";
import { invite, kick, lock, sendText } from "./room-calls.js";
import { keepName, keepSeat } from "./storage.js";
import type { World } from "./world.js";

type Performers = {
  readonly [T in Effect["type"]]: (effect: Extract<Effect, { readonly type: T }>) => void;
};

/** Gives a function that carries out one effect; what comes of it is dispatched. */
export function createPerform(
  world: World,
  dispatch: (event: Event) => void,
  entrance: Entrance,
  current: CurrentRoom,
): (effect: Effect) => void {
  const { tabStorage, siteStorage } = world;
  let stopAwayTimer = (): void => {};

  const performers: Performers = {
    join: entrance.join,
    "create-room": entrance.createRoom,
    wait: entrance.wait,
    abort: entrance.abort,
    "keep-seat": ({ room, change }) => keepSeat(tabStorage, room, change),
    "keep-token": () => keepToken(world, current),
    "keep-name": ({ name }) => keepName(siteStorage, name),
    "show-address": ({ room }) => world.showAddress(makeLink(new URL(world.address()), room)),
    "start-away-timer": ({ ms }) => {
      stopAwayTimer();
      stopAwayTimer = world.after(ms, () => dispatch({ type: "away-time-ended" }));
    },
    "stop-away-timer": () => stopAwayTimer(),
    leave: current.leave,
    "send-text": (effect) => current.call(sendText(effect)),
    kick: (effect) => current.call(kick(effect, world.now)),
    lock: (effect) => current.call(lock(effect, world.now)),
    invite: (effect) => current.call(invite(effect, world.address)),
  };
  return (effect) => (performers[effect.type] as (effect: Effect) => void)(effect);
}

/** Keeps the current room's peer token, so that a reload of this tab comes back as the same peer. */
export function keepToken({ tabStorage }: World, { room }: CurrentRoom): void {
  if (room) keepSeat(tabStorage, room.id, { token: room.token });
}
