/** The running room page: holds the state, steps it, carries out the effects. */
import type { InviteOptions, Room } from "@heliograph/client";
import type { Event } from "../app/events.js";
import type { Form, NewRoom } from "../app/form.js";
import { readLink } from "../app/link.js";
import type { Seat } from "../app/seat.js";
import { START, type State } from "../app/state.js";
import { step } from "../app/step.js";
import { createCurrentRoom } from "./current-room.js";
import { createEntrance } from "./entrance.js";
import { createPerform } from "./perform.js";
import { readHost, readName, readSeat } from "./storage.js";
import type { World } from "./world.js";

/** What the buttons and fields of the page do. None of them throws or rejects. */
export interface Actions {
  enter(form: Form): void;
  create(form: Form, options: NewRoom): void;
  /** Tries again now, instead of at the end of the wait. */
  retry(): void;
  /** Back to the form, from a join under way. */
  cancel(): void;
  leave(): void;
  say(text: string): void;
  kick(peer: { readonly id: string }): void;
  lock(locked: boolean): void;
  invite(options: Required<InviteOptions>): void;
  dismiss(): void;
}

/** The running page. */
export interface App extends Actions {
  readonly state: State;
  /** The SDK's room, or null outside one. */
  readonly room: Room | null;
  /** Reads the address bar: joins, or shows the form. Stays in the room to which it leads already. */
  openLink(): void;
}

/** `show` is called with each new state; not when an event changes nothing. */
export function createApp(world: World, show: (state: State) => void): App {
  let state: State = START;
  const current = createCurrentRoom(world, dispatch);
  const entrance = createEntrance(world, dispatch, (room, signal) => {
    void current.enter(room, signal);
  });
  const perform = createPerform(world, dispatch, entrance, current);

  function dispatch(event: Event): void {
    const before = state;
    const [next, effects] = step(state, event);
    state = next;
    if (next !== before) show(next);
    for (const effect of effects) perform(effect);
  }

  return {
    ...actionsOf(world, dispatch),
    get state() {
      return state;
    },
    get room() {
      return current.room;
    },
    openLink: () => dispatch(linkOpened(world)),
  };
}

function actionsOf(world: World, dispatch: (event: Event) => void): Actions {
  const { now } = world;
  return {
    enter: (form) => dispatch({ type: "join-submitted", form, kept: seatFor(world, form.room) }),
    create: (form, options) => dispatch({ type: "create-submitted", form, options }),
    retry: () => dispatch({ type: "retry-pressed" }),
    cancel: () => dispatch({ type: "cancel-pressed" }),
    leave: () => dispatch({ type: "leave-pressed" }),
    say: (text) => dispatch({ type: "text-entered", text, at: now() }),
    kick: ({ id }) => dispatch({ type: "kick-pressed", id }),
    lock: (locked) => dispatch({ type: "lock-pressed", locked }),
    invite: (options) => dispatch({ type: "invite-submitted", options }),
    dismiss: () => dispatch({ type: "problem-dismissed" }),
  };
}

function linkOpened(world: World): Event {
  const link = readLink(new URL(world.address()));
  return {
    type: "link-opened",
    link,
    kept: seatFor(world, link.room),
    lastName: readName(world.siteStorage),
    supported: world.supported,
  };
}

/** What this browser knows of the room to which `code` leads; a new secret if it knows none. */
function seatFor({ tabStorage, siteStorage, newSecret, now }: World, code: string): Seat {
  const seat = readSeat(tabStorage, code) ?? { secret: newSecret(), inside: false };
  const host = readHost(siteStorage, code, now());
  return host ? { ...seat, host } : seat;
}
