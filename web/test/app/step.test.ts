import { describe, expect, it } from "vitest";
import type { Effect, EffectOf } from "../../src/app/effects.js";
import type { Event } from "../../src/app/events.js";
import { EMPTY_FORM } from "../../src/app/form.js";
import { AWAY_AFTER_MS } from "../../src/app/inside.js";
import { type Phase, START, type State } from "../../src/app/state.js";
import { step } from "../../src/app/step.js";
import {
  BEN,
  CODE,
  DAY_MS,
  FORM,
  hostInvite,
  hostKey,
  INVITE,
  INVITE_2,
  inInviteRoom,
  inRoom,
  joinedRoom,
  joining,
  PAGE,
  SEAT,
  SECRET,
} from "./examples.js";

const STATES: { readonly [P in Phase]: Extract<State, { phase: P }> } = {
  start: { ...START, form: FORM },
  creating: { phase: "creating", form: FORM, problem: null, proving: false },
  joining: joining(),
  waiting: { phase: "waiting", form: FORM, seat: SEAT, problem: "busy", retries: 1 },
  room: inInviteRoom({ people: [BEN] }),
};
const PHASES = Object.keys(STATES) as Phase[];

const LINK = {
  type: "link-opened",
  link: { ...EMPTY_FORM, room: "R" },
  kept: SEAT,
  lastName: "",
  supported: true,
} as const;

/** An example of each event. */
const EVENTS: { readonly [T in Event["type"]]: Extract<Event, { type: T }> } = {
  "link-opened": LINK,
  "join-submitted": { type: "join-submitted", form: FORM, kept: SEAT },
  "create-submitted": {
    type: "create-submitted",
    form: FORM,
    options: { capacity: 4, inviteOnly: true },
  },
  "retry-pressed": { type: "retry-pressed" },
  "cancel-pressed": { type: "cancel-pressed" },
  "proof-requested": { type: "proof-requested" },
  "room-created": { type: "room-created", host: hostKey(), secret: SECRET },
  refused: { type: "refused", refusal: { code: "room_full" } },
  "wait-ended": { type: "wait-ended" },
  joined: { type: "joined", room: joinedRoom(), page: PAGE, at: 1 },
  closed: { type: "closed", code: "kicked" },
  "leave-pressed": { type: "leave-pressed" },
  "peer-seen": { type: "peer-seen", person: { ...BEN, id: "c" }, at: 1 },
  "peer-left": { type: "peer-left", id: "b", reason: "left", at: 1 },
  "text-received": { type: "text-received", from: "b", name: "Ben", text: "hi", via: "p2p", at: 1 },
  "text-entered": { type: "text-entered", text: "hello", at: 1 },
  "text-sent": { type: "text-sent", entry: 0, via: "p2p" },
  "text-failed": { type: "text-failed", entry: 0, code: "too_large" },
  "text-settled": { type: "text-settled", entry: 0, missed: ["b"] },
  "connection-changed": { type: "connection-changed", state: "reconnecting" },
  "away-time-ended": { type: "away-time-ended" },
  "kick-pressed": { type: "kick-pressed", id: "b" },
  kicked: { type: "kicked", at: 1 },
  "lock-pressed": { type: "lock-pressed", locked: true },
  "lock-changed": { type: "lock-changed", locked: true, at: 1 },
  "invite-submitted": { type: "invite-submitted", options: { uses: 1, ttl: 60 } },
  "invite-made": {
    type: "invite-made",
    invite: hostInvite({ code: INVITE_2 }),
    page: PAGE,
    at: 1,
  },
  "invite-due": { type: "invite-due", at: DAY_MS },
  "host-call-failed": { type: "host-call-failed", call: "lock", code: "not_host" },
  "problem-reported": { type: "problem-reported", code: "rate_limited" },
  "problem-dismissed": { type: "problem-dismissed" },
};

/** `next: effects` for each phase; `·` where the event is ignored. The same order as `STATES`. */
const SUBMIT = "joining: keep-seat join";
const CREATE = "creating: create-room";
const BACK = "start: abort";
const ROOM = ["·", "·", "·", "·"];
const EXPECTED: { readonly [T in Event["type"]]: readonly string[] } = {
  "link-opened": [BACK, BACK, BACK, BACK, "start: stop-timer stop-timer keep-seat leave abort"],
  "join-submitted": [SUBMIT, SUBMIT, SUBMIT, SUBMIT, "·"],
  "create-submitted": [CREATE, CREATE, CREATE, CREATE, "·"],
  "retry-pressed": ["·", "·", SUBMIT, SUBMIT, "·"],
  "cancel-pressed": ["·", BACK, BACK, BACK, "·"],
  "proof-requested": ["·", "creating: ", "joining: ", "·", "·"],
  "room-created": ["·", "joining: keep-host keep-seat join", "·", "·", "·"],
  refused: ["·", "start: ", "start: keep-seat", "·", "·"],
  "wait-ended": ["·", "·", "·", SUBMIT, "·"],
  joined: ["·", "·", "room: keep-name keep-seat show-address stop-timer", "·", "·"],
  closed: ["·", "·", "start: abort keep-seat", "·", "start: stop-timer stop-timer keep-seat"],
  "leave-pressed": [...ROOM, "start: stop-timer stop-timer keep-seat leave"],
  "peer-seen": [...ROOM, "room: keep-invite start-timer"],
  "peer-left": [...ROOM, "room: "],
  "text-received": [...ROOM, "room: "],
  "text-entered": [...ROOM, "room: send-text"],
  "text-sent": [...ROOM, "room: "],
  "text-failed": [...ROOM, "room: "],
  "text-settled": [...ROOM, "room: "],
  "connection-changed": [...ROOM, "room: start-timer"],
  "away-time-ended": [...ROOM, "room: "],
  "kick-pressed": [...ROOM, "room: kick"],
  kicked: [...ROOM, "room: invite"],
  "lock-pressed": [...ROOM, "room: lock"],
  "lock-changed": [...ROOM, "room: "],
  "invite-submitted": [...ROOM, "room: invite"],
  "invite-made": [...ROOM, "room: keep-seat show-address keep-invite start-timer"],
  "invite-due": [...ROOM, "room: invite"],
  "host-call-failed": [...ROOM, "room: "],
  "problem-reported": [...ROOM, "room: "],
  "problem-dismissed": [...ROOM, "room: "],
};

const CELLS = (Object.keys(EVENTS) as Event["type"][]).flatMap((type) =>
  PHASES.map((phase, at) => [phase, type, EXPECTED[type][at] ?? "missing"] as const),
);

it.each(CELLS)("%s, %s → %s", (phase, type, expected) => {
  const before = STATES[phase];
  const [after, effects] = step(before, EVENTS[type]);
  const said = `${after.phase}: ${effects.map((effect) => effect.type).join(" ")}`;
  if (expected === "·") expect([after, effects]).toEqual([before, []]);
  else expect(said).toBe(expected);
});

it.each(CELLS.filter(([, , expected]) => expected === "·"))(
  "%s, %s leaves the same state, so that nothing is drawn",
  (phase, type) => {
    expect(step(STATES[phase], EVENTS[type])[0]).toBe(STATES[phase]);
  },
);

it("never changes the state it is given", () => {
  for (const phase of PHASES)
    for (const event of Object.values(EVENTS)) {
      const copy = structuredClone(STATES[phase]);
      step(STATES[phase], event);
      expect(STATES[phase], `${phase}, ${event.type}`).toEqual(copy);
    }
});

/** The one effect of this type. */
function effect<T extends Effect["type"]>(effects: readonly Effect[], type: T): EffectOf<T> {
  const found = effects.filter((one) => one.type === type);
  expect(found, type).toHaveLength(1);
  return found[0] as EffectOf<T>;
}

const run = (first: State, ...events: readonly Event[]): State =>
  events.reduce<State>((state, event) => step(state, event)[0], first);

const of = <T extends Effect["type"]>(effects: readonly Effect[], type: T): EffectOf<T>[] =>
  effects.filter((one): one is EffectOf<T> => one.type === type);

describe("opening a link", () => {
  it("joins at once when the link names who comes", () => {
    const link = { room: CODE, name: "Ada" };
    const [state, effects] = step(START, { ...LINK, link });
    expect(state).toMatchObject({ phase: "joining", form: link });
    expect(effect(effects, "join")).toEqual({ type: "join", ...link, secret: SECRET });
  });

  it("comes back as the same peer, under the kept name, when this tab was inside", () => {
    const kept = { secret: SECRET, name: "Ada", inside: true };
    const [state, effects] = step(START, { ...LINK, kept });
    expect(state.form).toEqual({ room: "R", name: "Ada" });
    expect(effect(effects, "join")).toMatchObject({ name: "Ada", secret: SECRET });
  });

  it("shows the form to somebody who has left, or was removed", () => {
    const kept = { secret: SECRET, name: "Ada", inside: false };
    expect(step(START, { ...LINK, kept })[0]).toMatchObject({
      phase: "start",
      form: { room: "R", name: "Ada" },
    });
  });

  it("fills the form with the link's name, else the kept one, else the last one", () => {
    const named = (change: object): string => step(START, { ...LINK, ...change })[0].form.name;
    const kept = { ...SEAT, name: "Kept" };
    expect(named({ lastName: "Last" })).toBe("Last");
    expect(named({ lastName: "Last", kept })).toBe("Kept");
    const link = { room: "", name: "Linked" };
    expect(named({ lastName: "Last", kept, link })).toBe("Linked");
  });

  it("says so in a browser without WebRTC, and does not join", () => {
    const link = { room: "R", name: "Ada" };
    const [state, effects] = step(START, { ...LINK, link, supported: false });
    expect(state).toEqual({ phase: "start", form: link, problem: "unsupported" });
    expect(effects).toEqual([{ type: "abort" }]);
  });

  it.each([
    ["two words", "invalid_room"],
    [CODE.slice(0, 20), "link_cut"],
  ])("shows what is wrong with a link to %s", (room, problem) => {
    const link = { room, name: "Ada" };
    expect(step(START, { ...LINK, link })[0]).toEqual({ phase: "start", form: link, problem });
  });
});

describe("a link opened inside a room", () => {
  const opened = (room: string) => step(inInviteRoom(), { ...LINK, link: { room, name: "" } });

  it("to the same room changes nothing, and the address shows its link again", () => {
    const inside = inInviteRoom();
    expect(step(inside, { ...LINK, link: { room: INVITE, name: "" } })).toEqual([inside, []]);
    for (const room of ["", CODE])
      expect(opened(room)).toEqual([inside, [{ type: "show-address", room: INVITE }]]);
  });

  it("to another room leaves this one for the form of the other", () => {
    const [state, effects] = opened(INVITE_2);
    expect(state).toMatchObject({ phase: "start", form: { room: INVITE_2 }, problem: null });
    expect(effect(effects, "keep-seat")).toMatchObject({ room: CODE, change: { inside: false } });
    effect(effects, "leave");
  });

  it("to another room where this tab was inside goes there at once", () => {
    const kept = { secret: SECRET, name: "Ada", inside: true };
    const link = { room: INVITE_2, name: "" };
    const [state, effects] = step(inInviteRoom(), { ...LINK, link, kept });
    expect(state.phase).toBe("joining");
    expect(effects.map(({ type }) => type).slice(-3)).toEqual(["leave", "keep-seat", "join"]);
  });
});

describe("the form", () => {
  it.each([
    ["room_missing", { ...FORM, room: "" }],
    ["invalid_room", { ...FORM, room: "a b" }],
    ["link_cut", { ...FORM, room: "~cut" }],
  ])("is shown again for %s, as it was filled in", (problem, form) => {
    const [state, effects] = step(STATES.joining, {
      type: "join-submitted",
      form,
      kept: SEAT,
    });
    expect(state).toEqual({ phase: "start", form, problem });
    expect(effects).toEqual([{ type: "abort" }]);
  });

  it("needs no name to join", () => {
    const form = { ...FORM, name: "" };
    const [state, effects] = step(START, { ...EVENTS["join-submitted"], form });
    expect(state).toMatchObject({ phase: "joining", form });
    expect(effect(effects, "join").name).toBe("");
  });

  it("needs no name for a new room", () => {
    const form = { room: "", name: "" };
    const [state, effects] = step(START, { ...EVENTS["create-submitted"], form });
    expect(state).toMatchObject({ phase: "creating", form });
    expect(effect(effects, "create-room").options.inviteOnly).toBe(true);
  });

  it("comes back as it was when somebody cancels, without the problem", () => {
    for (const phase of ["creating", "joining", "waiting"] as const)
      expect(step(STATES[phase], { type: "cancel-pressed" })[0]).toEqual({
        phase: "start",
        form: FORM,
        problem: null,
      });
  });
});

describe("a new room", () => {
  it("is asked for with an end that we can count by our own clock", () => {
    const [, effects] = step(START, EVENTS["create-submitted"]);
    expect(effect(effects, "create-room").options).toEqual({
      capacity: 4,
      inviteOnly: true,
      ttl: 86_400,
    });
  });

  it("is joined by its name, as its host, and shown by its invite", () => {
    const [state, effects] = step(STATES.creating, EVENTS["room-created"]);
    expect(state).toMatchObject({ phase: "joining", form: { room: INVITE, name: "Ada" } });
    expect(effect(effects, "join")).toEqual({
      type: "join",
      room: CODE,
      name: "Ada",
      secret: SECRET,
      hostToken: "h",
    });
    expect(effect(effects, "keep-host").host).toEqual(hostKey());
    expect(effect(effects, "keep-seat")).toMatchObject({
      room: INVITE,
      change: { secret: SECRET },
    });
  });

  it("is shown by its name if it is open", () => {
    const host = hostKey({ invite: null });
    const [state, effects] = step(STATES.creating, { ...EVENTS["room-created"], host });
    expect(state.form.room).toBe(CODE);
    expect(effect(effects, "join")).toMatchObject({ room: CODE, hostToken: "h" });
  });

  it("is not tried again by itself when it is refused", () => {
    const refusal = { code: "busy", retryAfterSeconds: 2 };
    const [state, effects] = step(STATES.creating, { type: "refused", refusal });
    expect(state).toMatchObject({ phase: "start", problem: "busy", form: FORM });
    expect(effects).toEqual([]);
  });
});

describe("a join that is refused", () => {
  const refuse = (state: State, code: string, retryAfterSeconds?: number) =>
    step(state, { type: "refused", refusal: { code, retryAfterSeconds } });

  it("waits longer and longer while the backend is away, and shows why", () => {
    let state: State = joining();
    const waits: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const [waiting, effects] = refuse(state, "backend_away");
      expect(waiting).toMatchObject({ phase: "waiting", problem: "backend_away" });
      waits.push(effect(effects, "wait").seconds);
      [state] = step(waiting, { type: "wait-ended" });
      expect(state).toMatchObject({ phase: "joining", problem: "backend_away", proving: false });
    }
    expect(waits).toEqual([3, 6, 12, 24, 30]);
  });

  it("starts the waits anew, and hides the problem, when the user tries again", () => {
    const waiting = run(joining(), EVENTS["proof-requested"], {
      type: "refused",
      refusal: { code: "busy" },
    });
    const [again] = step(waiting, { type: "retry-pressed" });
    expect(again).toEqual(joining());
  });

  it("keeps secret and host token while it waits", () => {
    const [waiting] = refuse(joining({ seat: { ...SEAT, host: hostKey() } }), "unavailable");
    const [, effects] = step(waiting, { type: "retry-pressed" });
    expect(effect(effects, "join")).toMatchObject({ secret: SECRET, hostToken: "h" });
  });

  it("is tried again as a guest when the host token is dead, at once and as the same peer", () => {
    const form = { room: INVITE, name: "Ada" };
    const [state, effects] = refuse(
      joining({ form, seat: { ...SEAT, host: hostKey() } }),
      "token_expired",
    );
    expect(state).toMatchObject({ phase: "joining", seat: SEAT });
    expect(effect(effects, "join")).toEqual({
      type: "join",
      room: INVITE,
      name: "Ada",
      secret: SECRET,
    });
    expect(refuse(state, "token_expired")[0]).toMatchObject({
      phase: "start",
      problem: "token_expired",
    });
  });

  it("ends at the form when only people can help: a reload does not try again", () => {
    const [state, effects] = refuse(joining(), "room_locked");
    expect(state).toEqual({ phase: "start", form: FORM, problem: "room_locked" });
    expect(effects).toEqual([{ type: "keep-seat", room: "R", change: { inside: false } }]);
  });
});

describe("the secret", () => {
  it("is kept before the backend is asked, so that every attempt is the same peer", () => {
    const [, effects] = step(START, EVENTS["join-submitted"]);
    expect(effects.map(({ type }) => type)).toEqual(["keep-seat", "join"]);
    expect(effects[0]).toEqual({ type: "keep-seat", room: "R", change: { secret: SECRET } });
  });

  it("is never forgotten: not by leaving, a kick, a refusal or another tab", () => {
    const all = [
      ...step(inRoom(), { type: "leave-pressed" })[1],
      ...["kicked", "replaced", "room_locked"].flatMap(
        (code) => step(inRoom(), { type: "closed", code })[1],
      ),
      ...step(joining(), { type: "refused", refusal: { code: "kicked" } })[1],
    ];
    for (const { change } of of(all, "keep-seat")) expect(change).toEqual({ inside: false });
  });
});

describe("a proof of work", () => {
  it("is shown until the join has an answer", () => {
    const proving = run(joining(), EVENTS["proof-requested"]);
    expect(proving).toMatchObject({ phase: "joining", proving: true });
    expect(run(proving, { type: "refused", refusal: { code: "busy" } })).not.toHaveProperty(
      "proving",
    );
  });

  it("is shown for a new room, and not for the join that follows until it asks for one", () => {
    const proving = run(STATES.creating, EVENTS["proof-requested"]);
    expect(proving).toMatchObject({ phase: "creating", proving: true });
    expect(run(proving, EVENTS["room-created"])).toMatchObject({ proving: false });
  });
});

describe("entering a room", () => {
  const joined = (room = joinedRoom()) => ({ ...EVENTS.joined, room });
  const byCode = (change: object = {}) =>
    joining({ form: { room: INVITE, name: "Ada" }, ...change });
  const created = joinedRoom({ id: CODE });

  it("keeps the name, and every code that leads here", () => {
    const [, effects] = step(byCode(), joined(created));
    expect(effect(effects, "keep-name").name).toBe("Ada");
    expect(effect(effects, "keep-seat")).toEqual({
      type: "keep-seat",
      room: INVITE,
      change: { name: "Ada", inside: true, code: CODE },
    });
  });

  it("shows a guest the link that it came by, and asks for no invite", () => {
    const guest = joinedRoom({ id: CODE, self: { id: "a", name: "Ada", role: "guest" } });
    const [state, effects] = step(byCode(), joined(guest));
    expect(state).toMatchObject({ room: { code: INVITE, invite: null } });
    expect(effect(effects, "show-address").room).toBe(INVITE);
    expect(of(effects, "invite")).toEqual([]);
  });

  it("shows the host the newest invite, whichever link it came by", () => {
    const host = hostKey({ invite: hostInvite({ code: INVITE_2 }) });
    for (const room of [INVITE, CODE]) {
      const state = joining({ form: { room, name: "Ada" }, seat: { ...SEAT, host } });
      const [, effects] = step(state, joined(created));
      expect(effect(effects, "show-address").room).toBe(INVITE_2);
    }
  });

  it("watches the invite of a host, and asks for another one if it is spent", () => {
    const seat = (change: object) => ({ ...SEAT, host: hostKey({ invite: hostInvite(change) }) });
    const enter = (change: object) => step(byCode({ seat: seat(change) }), joined(created));
    expect(of(enter({ endsAt: 100_001 })[1], "start-timer")).toEqual([
      { type: "start-timer", timer: "invite", ms: 40_000 },
    ]);
    for (const spent of [{ usesLeft: 0 }, { endsAt: 2 }]) {
      const [state, effects] = enter(spent);
      expect(effect(effects, "invite").options).toEqual({ uses: 8, ttl: 86_400 });
      expect(state).toMatchObject({ room: { makingInvite: true } });
    }
  });

  it("hides the problem of the refusals before", () => {
    const [state] = step(joining({ problem: "busy" }), EVENTS.joined);
    expect(state.problem).toBeNull();
  });

  it("starts to count if the connection is interrupted already", () => {
    const room = joinedRoom({ connection: "reconnecting" });
    const [, effects] = step(joining(), joined(room));
    expect(effect(effects, "start-timer")).toMatchObject({ timer: "away", ms: AWAY_AFTER_MS });
  });
});

describe("the end of a room", () => {
  it("leads to the form of that room, by the link that led to it, with the reason", () => {
    const [state] = step(inInviteRoom(), { type: "closed", code: "kicked" });
    expect(state).toEqual({
      phase: "start",
      form: { room: INVITE, name: "Ada" },
      problem: "kicked",
    });
  });

  it("has no reason to show when the user left", () => {
    expect(step(inRoom(), { type: "leave-pressed" })[0].problem).toBeNull();
    expect(step(inRoom(), { type: "closed", code: "left" })[0].problem).toBeNull();
  });

  it("makes a reload show the form, but not when another tab has taken the place", () => {
    const change = (code: string): unknown =>
      step(inRoom(), { type: "closed", code })[1].find((one) => one.type === "keep-seat");
    expect(change("kicked")).toMatchObject({ room: "R", change: { inside: false } });
    expect(change("replaced")).toBeUndefined();
  });

  it("can come before the room has been shown", () => {
    const [state, effects] = step(joining(), { type: "closed", code: "replaced" });
    expect(state).toEqual({ phase: "start", form: FORM, problem: "replaced" });
    expect(effects).toEqual([{ type: "abort" }]);
  });
});

describe("inside a room", () => {
  it("sends a message under the id that its line has", () => {
    const [state, effects] = step(run(inRoom(), EVENTS["text-entered"]), EVENTS["text-entered"]);
    expect(effect(effects, "send-text")).toEqual({ type: "send-text", entry: 1, text: "hello" });
    expect(state).toMatchObject({ room: { entries: [{ id: 0 }, { id: 1, text: "hello" }] } });
  });

  it("shows why a message or a call to the host's API failed, until it is dismissed", () => {
    for (const type of ["text-failed", "host-call-failed", "problem-reported"] as const) {
      const failed = run(STATES.room, EVENTS["text-entered"], EVENTS[type]);
      expect(failed.problem, type).toBe(EVENTS[type].code);
      expect(run(failed, EVENTS["problem-dismissed"]).problem).toBeNull();
    }
  });

  it("counts the time of an interruption, and stops when it is over", () => {
    const effects = (state: "reconnecting" | "connected"): readonly Effect[] =>
      step(inRoom(), { type: "connection-changed", state })[1];
    expect(effect(effects("reconnecting"), "start-timer")).toMatchObject({
      timer: "away",
      ms: 8_000,
    });
    expect(effect(effects("connected"), "stop-timer").timer).toBe("away");
  });
});

describe("what is said of a backend that does not answer", () => {
  const failed = (code: string): State =>
    step(inInviteRoom(), { type: "host-call-failed", call: "lock", code })[0];
  const WORKED: readonly Event[] = [
    { type: "connection-changed", state: "connected" },
    EVENTS["text-sent"],
    EVENTS.kicked,
    EVENTS["lock-changed"],
    EVENTS["invite-made"],
  ];

  it.each(WORKED.map((event) => [event.type, event] as const))("is over after %s", (_, event) => {
    for (const code of ["backend_away", "unavailable", "busy", "rate_limited"])
      expect(step(failed(code), event)[0].problem, code).toBeNull();
  });

  it.each(WORKED.map((event) => [event.type, event] as const))(
    "is no other problem: %s leaves that",
    (_, event) => {
      expect(step(failed("not_host"), event)[0].problem).toBe("not_host");
    },
  );

  it("stays while nothing has worked yet", () => {
    for (const event of [EVENTS["connection-changed"], EVENTS["peer-seen"], EVENTS["text-entered"]])
      expect(step(failed("backend_away"), event)[0].problem).toBe("backend_away");
  });
});

describe("the link of a host", () => {
  const guest = { self: { id: "a", name: "Ada", role: "guest" } } as const;
  const renewed = (state: State, event: Event): boolean =>
    of(step(state, event)[1], "invite").some(({ call }) => call === "renew");

  it("is renewed when as many have come as the invite lets in", () => {
    const last = inInviteRoom({}, hostInvite({ usesLeft: 1 }));
    expect(renewed(inInviteRoom(), EVENTS["peer-seen"])).toBe(false);
    expect(renewed(last, EVENTS["peer-seen"])).toBe(true);
    const [asking] = step(last, EVENTS["peer-seen"]);
    const another = { ...EVENTS["peer-seen"], person: { ...BEN, id: "d" } };
    expect(renewed(asking, another)).toBe(false); // it has been asked for already
  });

  it("is renewed when somebody was removed, for the invite may be revoked", () => {
    expect(renewed(inInviteRoom(), EVENTS.kicked)).toBe(true);
    expect(renewed(inRoom(), EVENTS.kicked)).toBe(false);
  });

  it("is renewed when its time is over, and not before", () => {
    expect(renewed(inInviteRoom(), { type: "invite-due", at: DAY_MS })).toBe(true);
    const [, effects] = step(inInviteRoom(), { type: "invite-due", at: 0 });
    expect(effects).toEqual([{ type: "start-timer", timer: "invite", ms: DAY_MS - 60_000 }]);
  });

  it("is nobody's business in the page of a guest", () => {
    for (const type of ["peer-seen", "kicked", "invite-due"] as const)
      expect(step(inInviteRoom(guest, null), EVENTS[type])[1], type).toEqual([]);
  });

  it("is asked for again after a while, without a word, when it could not be renewed", () => {
    const failed: Event = { type: "host-call-failed", call: "renew", code: "backend_away" };
    const [state, effects] = step({ ...inInviteRoom(), problem: null }, failed);
    expect(state.problem).toBeNull();
    expect(effects).toEqual([{ type: "start-timer", timer: "invite", ms: 30_000 }]);
  });

  it("is the new one for the address, for a reload, and for the host's next visit", () => {
    const [state, effects] = step(inInviteRoom(), EVENTS["invite-made"]);
    expect(state).toMatchObject({ room: { code: INVITE_2 } });
    expect(effect(effects, "show-address").room).toBe(INVITE_2);
    expect(effect(effects, "keep-seat")).toMatchObject({ room: CODE, change: { code: INVITE_2 } });
    expect(effect(effects, "keep-invite")).toMatchObject({
      room: CODE,
      invite: { code: INVITE_2, usesLeft: 8 },
    });
  });
});
