/** Carries out effects: one line for each type. */
import type { Effect, TimerName } from "../app/effects.js";
import type { Event } from "../app/events.js";
import { makeLink } from "../app/link.js";
import type { CurrentRoom } from "./current-room.js";
import type { Entrance } from "./entrance.js";
import { invite, kick, lock, sendText } from "./room-calls.js";
import { keepHost, keepInvite, keepName, keepSeat } from "./storage.js";
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
  const { tabStorage, siteStorage, now } = world;
  const timers = createTimers(world, dispatch);

  const performers: Performers = {
    join: entrance.join,
    "create-room": entrance.createRoom,
    wait: entrance.wait,
    abort: entrance.abort,
    "keep-seat": ({ room, change }) => keepSeat(tabStorage, room, change),
    "keep-host": ({ host }) => keepHost(siteStorage, host, now()),
    "keep-invite": ({ room, invite: made }) => keepInvite(siteStorage, room, made),
    "keep-name": ({ name }) => keepName(siteStorage, name),
    "show-address": ({ room }) => world.showAddress(makeLink(new URL(world.address()), room)),
    "start-timer": ({ timer, ms }) => timers.start(timer, ms),
    "stop-timer": ({ timer }) => timers.stop(timer),
    leave: current.leave,
    "send-text": (effect) => current.call(sendText(effect)),
    kick: (effect) => current.call(kick(effect, now)),
    lock: (effect) => current.call(lock(effect, now)),
    invite: (effect) => current.call(invite(effect, world)),
  };
  return (effect) => (performers[effect.type] as (effect: Effect) => void)(effect);
}

interface Timers {
  /** Starts anew if it runs already. */
  start(timer: TimerName, ms: number): void;
  stop(timer: TimerName): void;
}

function createTimers({ after, now }: World, dispatch: (event: Event) => void): Timers {
  const running = new Map<TimerName, () => void>();
  const ended: { readonly [T in TimerName]: () => Event } = {
    away: () => ({ type: "away-time-ended" }),
    invite: () => ({ type: "invite-due", at: now() }),
  };
  const stop = (timer: TimerName): void => running.get(timer)?.();
  return {
    stop,
    start(timer, ms) {
      stop(timer);
      running.set(
        timer,
        after(ms, () => dispatch(ended[timer]())),
      );
    },
  };
}
