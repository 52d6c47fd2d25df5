/** Between the SDK and the store: what the buttons do, and what the room says. */
import * as sdk from "@heliograph/client";
import { judge, mayResume } from "./admission.js";
import { isRoom, makeLink } from "./link.js";
import { keepName, keepSeat, readSeat, type Seat } from "./session.js";
import type { Form, Person } from "./state.js";
import type { Store } from "./store.js";

const AWAY_AFTER = 8_000;

export interface NewRoom {
  readonly capacity: number;
  readonly inviteOnly: boolean;
}

export interface App {
  readonly room: sdk.Room | null;
  enter(form: Form): Promise<void>;
  create(form: Form, options: NewRoom): Promise<void>;
  /** Tries again now, with what is in the form. */
  retry(): void;
  /** Back to the start screen, from a join under way. */
  cancel(): void;
  leave(): void;
  say(text: string): Promise<void>;
  kick(peer: Person): Promise<void>;
  lock(locked: boolean): Promise<void>;
  invite(options: sdk.InviteOptions): Promise<void>;
  /** Keeps what a reload of this tab needs. */
  keep(): void;
}

const codeOf = (error: unknown): sdk.ErrorCode =>
  error instanceof sdk.HeliographError ? error.code : "internal";

const personOf = ({ id, name, role, state, path }: sdk.Peer): Person => ({
  id,
  name,
  role,
  state,
  path,
});

export function createApp(store: Store, backend: string): App {
  const { dispatch } = store;
  let room: sdk.Room | null = null;
  let attempt: AbortController | null = null;
  let awayTimer: ReturnType<typeof setTimeout> | undefined;

  /** Ends the join under way, if any, and begins another. */
  function begin(): AbortSignal {
    attempt?.abort();
    attempt = new AbortController();
    return attempt.signal;
  }

  /** Runs what a button asked for; a refusal is shown and changes nothing. */
  async function ask(call: (room: sdk.Room) => Promise<void>): Promise<void> {
    if (!room) return;
    try {
      await call(room);
    } catch (error) {
      dispatch({ type: "failed", code: codeOf(error) });
    }
  }

  function seatFor(form: Form): Seat {
    const { token, ...seat } = readSeat(sessionStorage, form.room);
    const invited = form.invite ? { ...seat, invite: form.invite } : seat;
    return token !== undefined && mayResume({ ...seat, token }, form.name)
      ? { ...invited, token }
      : invited;
  }

  async function enter(form: Form): Promise<void> {
    const missing = !form.room ? "room_missing" : isRoom(form.room) ? null : "invalid_room";
    if (missing) return dispatch({ type: "started", form, problem: missing });
    const signal = begin();
    const seat = seatFor(form);
    if (!form.name && seat.token === undefined)
      return dispatch({ type: "started", form, problem: "name_missing" });
    dispatch({ type: "joining", form });
    await admit(form, seat, signal);
  }

  async function admit(form: Form, first: Seat, signal: AbortSignal): Promise<void> {
    let seat = first;
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        const { name: _, ...tokens } = seat;
        const joined = await sdk.join({
          backend,
          room: form.room,
          name: form.name,
          ...tokens,
          signal,
          onProof: () => dispatch({ type: "proving" }),
        });
        if (signal.aborted) return void joined.leave();
        return await opened(joined, seat);
      } catch (error) {
        if (signal.aborted) return;
        const retryAfter = error instanceof sdk.HeliographError ? error.retryAfter : undefined;
        const verdict = judge(codeOf(error), seat, tries, retryAfter);
        if (verdict.type === "forget") {
          const { token: _, ...rest } = seat;
          seat = rest;
        } else if (verdict.type === "wait") {
          dispatch({ type: "joining", form, problem: codeOf(error) });
          await wait(verdict.seconds * 1000, signal);
        } else {
          keepSeat(sessionStorage, form.room, { token: undefined });
          return dispatch({ type: "started", form, problem: verdict.code });
        }
      }
    }
  }

  async function create(form: Form, options: NewRoom): Promise<void> {
    if (!form.name) return dispatch({ type: "started", form, problem: "name_missing" });
    const signal = begin();
    dispatch({ type: "joining", form: { ...form, room: "", invite: "" } });
    try {
      const made = await sdk.createRoom({
        backend,
        ...options,
        signal,
        onProof: () => dispatch({ type: "proving" }),
      });
      if (signal.aborted) return;
      const invite = made.inviteOnly ? made.invite : undefined;
      keepSeat(sessionStorage, made.room, { hostToken: made.hostToken, invite });
      await enter({ room: made.room, name: form.name, invite: invite ?? "" });
    } catch (error) {
      if (!signal.aborted) dispatch({ type: "started", form, problem: codeOf(error) });
    }
  }

  async function opened(joined: sdk.Room, seat: Seat): Promise<void> {
    room = joined;
    listen(joined);
    // The SDK names those who are there already a turn after `join`: they did not just come.
    await turn();
    if (room !== joined) return;
    const { id, self, capacity, locked, state: connection, peers } = joined;
    const { name, role } = self;
    keepName(localStorage, name);
    keepSeat(sessionStorage, id, { name, invite: seat.invite });
    keep();
    // Name and invite go from the address bar: what stays there can be shown and shared.
    history.replaceState(null, "", makeLink(new URL(location.href), id));
    dispatch({
      type: "joined",
      room: {
        id,
        self: { id: self.id, name, role },
        capacity,
        locked,
        connection,
        inviteOnly: seat.invite !== undefined,
        link: makeLink(new URL(location.href), id, seat.invite),
        people: [...peers.values()].map(personOf),
      },
    });
    watch(connection);
  }

  function listen(joined: sdk.Room): void {
    const seen = ({ peer }: { peer: sdk.Peer }): void =>
      dispatch({ type: "person", person: personOf(peer), at: Date.now() });
    joined.on("peer-joined", seen);
    joined.on("peer-updated", seen);
    joined.on("peer-left", ({ peer, reason }) =>
      dispatch({ type: "gone", id: peer.id, reason, at: Date.now() }),
    );
    joined.on("text", ({ from, text, via }) =>
      dispatch({ type: "heard", from: from.id, name: from.name, text, via, at: Date.now() }),
    );
    joined.on("state", ({ state }) => {
      dispatch({ type: "connection", state });
      watch(state);
      keep();
    });
    // What `state` and the list of people say already is not said twice.
    joined.on("error", ({ code }) => {
      if (code !== "backend_away" && code !== "connection_failed")
        dispatch({ type: "failed", code });
    });
    joined.on("closed", ({ code }) => closed(joined, code));
  }

  /** A short hiccup is only a word; a long one is explained. */
  function watch(state: sdk.RoomState): void {
    clearTimeout(awayTimer);
    if (state === "reconnecting")
      awayTimer = setTimeout(() => dispatch({ type: "away" }), AWAY_AFTER);
  }

  function closed(which: sdk.Room, code: sdk.ErrorCode): void {
    if (room !== which) return;
    room = null;
    clearTimeout(awayTimer);
    const { invite = "" } = readSeat(sessionStorage, which.id);
    // Replaced: the other tab is this same person, and this one may take the place back.
    if (code !== "replaced") keepSeat(sessionStorage, which.id, { token: undefined });
    const form = { room: which.id, name: which.self.name, invite };
    dispatch(
      code === "left" ? { type: "started", form } : { type: "started", form, problem: code },
    );
  }

  function keep(): void {
    if (room) keepSeat(sessionStorage, room.id, { token: room.token });
  }

  async function say(text: string): Promise<void> {
    const entry = store.state.room?.nextEntry;
    if (!room || entry === undefined) return;
    dispatch({ type: "said", text, at: Date.now() });
    try {
      dispatch({ type: "delivered", entry, via: await room.sendText(text) });
    } catch (error) {
      dispatch({ type: "undelivered", entry });
      dispatch({ type: "failed", code: codeOf(error) });
    }
  }

  return {
    get room() {
      return room;
    },
    enter,
    create,
    keep,
    say,
    retry: () => void enter(store.state.form),
    cancel() {
      attempt?.abort();
      dispatch({ type: "started", form: store.state.form });
    },
    leave() {
      const leaving = room;
      if (!leaving) return;
      closed(leaving, "left");
      leaving.leave().catch(() => {}); // We are out either way; the server finds out by itself.
    },
    kick: (person) =>
      ask(async (open) => {
        await open.kick(person.id);
        if (!store.state.room?.inviteOnly && !store.state.room?.locked)
          dispatch({
            type: "noted",
            at: Date.now(),
            text: "This room is open, so whoever you removed can come back. Lock the room to prevent it.",
          });
      }),
    lock: (locked) =>
      ask(async (open) => {
        await open.lock(locked);
        dispatch({ type: "locked", locked });
        dispatch({
          type: "noted",
          at: Date.now(),
          text: locked ? "You locked the room: nobody new can come in." : "You unlocked the room.",
        });
      }),
    invite: (options) =>
      ask(async (open) => {
        const { invite } = await open.invite(options);
        keepSeat(sessionStorage, open.id, { invite });
        dispatch({ type: "linked", link: makeLink(new URL(location.href), open.id, invite) });
      }),
  };
}

/** A task later, also in a hidden page, where timers are slow. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Resolves after the time, or as soon as nobody waits any more. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
