import { describe, expect, it } from "vitest";
import type { Effect, EffectOf } from "../../src/app/effects.js";
import type { Event } from "../../src/app/events.js";
import { EMPTY_FORM } from "../../src/app/form.js";
import { type Phase, START, type State } from "../../src/app/state.js";
import { AWAY_AFTER_MS, step } from "../../src/app/step.js";
import { BEN, FORM, inRoom, joinedRoom, joining, PAGE } from "./examples.js";

const STATES: { readonly [P in Phase]: Extract<State, { phase: P }> } = {
  start: { ...START, form: FORM },
  creating: { phase: "creating", form: FORM, problem: null, proving: false },
  joining: joining(),
  waiting: { phase: "waiting", form: FORM, seat: {}, problem: "busy", retries: 1 },
  room: inRoom({ people: [BEN] }),
};
const PHASES = Object.keys(STATES) as Phase[];

const LINK = {
  type: "link-opened",
  link: { ...EMPTY_FORM, room: "R" },
  kept: {},
  lastName: "",
  supported: true,
} as const;

/** An example of each event. */
const EVENTS: { readonly [T in Event["type"]]: Extract<Event, { type: T }> } = {
  "link-opened": LINK,
  "join-submitted": { type: "join-submitted", form: FORM, kept: {} },
  "create-submitted": {
    type: "create-submitted",
    form: FORM,
    options: { capacity: 4, inviteOnly: true },
  },
  "retry-pressed": { type: "retry-pressed" },
  "cancel-pressed": { type: "cancel-pressed" },
  "proof-requested": { type: "proof-requested" },
  "room-created": { type: "room-created", room: "N", hostToken: "h", invite: "i" },
  refused: { type: "refused", refusal: { code: "room_full" } },
  "wait-ended": { type: "wait-ended" },
  joined: { type: "joined", room: joinedRoom(), page: PAGE },
  closed: { type: "closed", code: "kicked" },
  "leave-pressed": { type: "leave-pressed" },
  "peer-seen": { type: "peer-seen", person: { ...BEN, id: "c" }, at: 1 },
  "peer-left": { type: "peer-left", id: "b", reason: "left", at: 1 },
  "text-received": { type: "text-received", from: "b", name: "Ben", text: "hi", via: "p2p", at: 1 },
  "text-entered": { type: "text-entered", text: "hello", at: 1 },
  "text-sent": { type: "text-sent", entry: 0, via: "p2p" },
  "text-failed": { type: "text-failed", entry: 0, code: "too_large" },
  "connection-changed": { type: "connection-changed", state: "reconnecting" },
  "away-time-ended": { type: "away-time-ended" },
  "kick-pressed": { type: "kick-pressed", id: "b" },
  kicked: { type: "kicked", at: 1 },
  "lock-pressed": { type: "lock-pressed", locked: true },
  "lock-changed": { type: "lock-changed", locked: true, at: 1 },
  "invite-submitted": { type: "invite-submitted", options: { uses: 1, ttl: 60 } },
  "invite-made": { type: "invite-made", invite: "j", page: PAGE },
  "host-call-failed": { type: "host-call-failed", call: "lock", code: "not_host" },
  "problem-reported": { type: "problem-reported", code: "rate_limited" },
  "problem-dismissed": { type: "problem-dismissed" },
};

/** `next: effects` for each phase; `·` where the event is ignored. The same order as `STATES`. */
const SUBMIT = "joining: join";
const CREATE = "creating: create-room";
const BACK = "start: abort";
const ROOM = ["·", "·", "·", "·"];
const EXPECTED: { readonly [T in Event["type"]]: readonly string[] } = {
  "link-opened": [BACK, BACK, BACK, BACK, "·"],
  "join-submitted": [SUBMIT, SUBMIT, SUBMIT, SUBMIT, "·"],
  "create-submitted": [CREATE, CREATE, CREATE, CREATE, "·"],
  "retry-pressed": ["·", "·", SUBMIT, SUBMIT, "·"],
  "cancel-pressed": ["·", BACK, BACK, BACK, "·"],
  "proof-requested": ["·", "creating: ", "joining: ", "·", "·"],
  "room-created": ["·", "joining: keep-seat join", "·", "·", "·"],
  refused: ["·", "start: ", "start: keep-seat", "·", "·"],
  "wait-ended": ["·", "·", "·", SUBMIT, "·"],
  joined: ["·", "·", "room: keep-name keep-seat keep-token show-address stop-away-timer", "·", "·"],
  closed: ["·", "·", "start: abort keep-seat", "·", "start: stop-away-timer keep-seat"],
  "leave-pressed": [...ROOM, "start: stop-away-timer keep-seat leave"],
  "peer-seen": [...ROOM, "room: "],
  "peer-left": [...ROOM, "room: "],
  "text-received": [...ROOM, "room: "],
  "text-entered": [...ROOM, "room: send-text"],
  "text-sent": [...ROOM, "room: "],
  "text-failed": [...ROOM, "room: "],
  "connection-changed": [...ROOM, "room: keep-token start-away-timer"],
  "away-time-ended": [...ROOM, "room: "],
  "kick-pressed": [...ROOM, "room: kick"],
  kicked: [...ROOM, "room: "],
  "lock-pressed": [...ROOM, "room: lock"],
  "lock-changed": [...ROOM, "room: "],
  "invite-submitted": [...ROOM, "room: invite"],
  "invite-made": [...ROOM, "room: keep-seat"],
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

describe("opening a link", () => {
  it("joins at once when the link names who comes", () => {
    const link = { room: "R", name: "Ada", invite: "i" };
    const [state, effects] = step(START, { ...LINK, link });
    expect(state).toMatchObject({ phase: "joining", form: link });
    expect(effect(effects, "join")).toMatchObject({ form: link, seat: { invite: "i" } });
  });

  it("comes back as the same peer when this tab kept a token, under the kept name", () => {
    const kept = { token: "t", name: "Ada", invite: "i" };
    const [state, effects] = step(START, { ...LINK, kept });
    expect(state.form).toEqual({ room: "R", name: "Ada", invite: "i" });
    expect(effect(effects, "join").seat).toEqual({ token: "t", name: "Ada", invite: "i" });
  });

  it("fills the form with the link's name, else the kept one, else the last one", () => {
    const named = (change: object): string => step(START, { ...LINK, ...change })[0].form.name;
    const kept = { name: "Kept" };
    expect(named({ lastName: "Last" })).toBe("Last");
    expect(named({ lastName: "Last", kept })).toBe("Kept");
    const link = { room: "", name: "Linked", invite: "" };
    expect(named({ lastName: "Last", kept, link })).toBe("Linked");
  });

  it("takes the kept invite where the link has none", () => {
    const [state] = step(START, { ...LINK, kept: { invite: "kept" } });
    expect(state).toMatchObject({ phase: "start", form: { room: "R", invite: "kept" } });
  });

  it("says so in a browser without WebRTC, and does not join", () => {
    const link = { room: "R", name: "Ada", invite: "" };
    const [state, effects] = step(START, { ...LINK, link, supported: false });
    expect(state).toEqual({ phase: "start", form: link, problem: "unsupported" });
    expect(effects).toEqual([{ type: "abort" }]);
  });

  it("shows what is wrong with a link that names no possible room", () => {
    const link = { room: "two words", name: "Ada", invite: "" };
    expect(step(START, { ...LINK, link })[0]).toEqual({
      phase: "start",
      form: link,
      problem: "invalid_room",
    });
  });
});

describe("the form", () => {
  it.each([
    ["room_missing", { ...FORM, room: "" }],
    ["invalid_room", { ...FORM, room: "a b" }],
    ["name_missing", { ...FORM, name: "" }],
  ])("is shown again for %s, as it was filled in", (problem, form) => {
    const [state, effects] = step(STATES.joining, { type: "join-submitted", form, kept: {} });
    expect(state).toEqual({ phase: "start", form, problem });
    expect(effects).toEqual([{ type: "abort" }]);
  });

  it("needs a name for a new room too", () => {
    const form = { ...FORM, name: "" };
    const [state] = step(START, { ...EVENTS["create-submitted"], form });
    expect(state).toEqual({ phase: "start", form, problem: "name_missing" });
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
  it("is joined as its host, by its invite, under the name of the form", () => {
    const [state, effects] = step(STATES.creating, EVENTS["room-created"]);
    expect(state).toMatchObject({
      phase: "joining",
      form: { room: "N", name: "Ada", invite: "i" },
      seat: { hostToken: "h", invite: "i" },
    });
    expect(effect(effects, "keep-seat")).toEqual({
      type: "keep-seat",
      room: "N",
      change: { hostToken: "h", invite: "i" },
    });
  });

  it("has no invite if it is open", () => {
    const open = { ...EVENTS["room-created"], invite: undefined };
    const [state, effects] = step(STATES.creating, open);
    expect(state.form.invite).toBe("");
    expect(effect(effects, "join").seat).toEqual({ hostToken: "h" });
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

  it("keeps the host token while it waits", () => {
    const [waiting] = refuse(joining({ seat: { hostToken: "h" } }), "unavailable");
    const [, effects] = step(waiting, { type: "retry-pressed" });
    expect(effect(effects, "join").seat).toEqual({ hostToken: "h" });
  });

  it("comes as somebody new when the kept identity is gone, and at once", () => {
    const seat = { token: "t", name: "Ada", invite: "i" };
    const [state, effects] = refuse(joining({ seat }), "token_expired");
    expect(state).toMatchObject({ phase: "joining", seat: { name: "Ada", invite: "i" } });
    expect(effect(effects, "join").seat).not.toHaveProperty("token");
  });

  it("ends at the form when only people can help, and forgets the token", () => {
    const [state, effects] = refuse(joining(), "room_locked");
    expect(state).toEqual({ phase: "start", form: FORM, problem: "room_locked" });
    expect(effects).toEqual([{ type: "keep-seat", room: "R", change: { token: undefined } }]);
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
  it("keeps the name and the invite, and takes both out of the address", () => {
    const seat = { invite: "i", hostToken: "h" };
    const [state, effects] = step(joining({ seat }), EVENTS.joined);
    expect(state).toMatchObject({
      phase: "room",
      problem: null,
      room: { id: "R", invite: "i", link: "https://meet.example/app/?room=R#invite=i" },
    });
    expect(effect(effects, "keep-name").name).toBe("Ada");
    expect(effect(effects, "keep-seat")).toEqual({
      type: "keep-seat",
      room: "R",
      change: { name: "Ada", invite: "i" },
    });
    expect(effect(effects, "show-address").room).toBe("R");
  });

  it("forgets an invite of an earlier visit where none was needed", () => {
    const [state, effects] = step(joining(), EVENTS.joined);
    expect(state).toMatchObject({ room: { invite: null } });
    expect(effect(effects, "keep-seat").change).toEqual({ name: "Ada", invite: undefined });
  });

  it("hides the problem of the refusals before", () => {
    const [state] = step(joining({ problem: "busy" }), EVENTS.joined);
    expect(state.problem).toBeNull();
  });

  it("starts to count if the connection is interrupted already", () => {
    const room = joinedRoom({ connection: "reconnecting" });
    const [, effects] = step(joining(), { type: "joined", room, page: PAGE });
    expect(effect(effects, "start-away-timer").ms).toBe(AWAY_AFTER_MS);
  });
});

describe("the end of a room", () => {
  it("leads to the form of that room, with the reason", () => {
    const [state] = step(inRoom({}, "i"), { type: "closed", code: "kicked" });
    expect(state).toEqual({
      phase: "start",
      form: { room: "R", name: "Ada", invite: "i" },
      problem: "kicked",
    });
  });

  it("has no reason to show when the user left", () => {
    expect(step(inRoom(), { type: "leave-pressed" })[0].problem).toBeNull();
    expect(step(inRoom(), { type: "closed", code: "left" })[0].problem).toBeNull();
  });

  it("forgets the token, but not when another tab holds the identity", () => {
    const change = (code: string): unknown =>
      step(inRoom(), { type: "closed", code })[1].find((one) => one.type === "keep-seat");
    expect(change("kicked")).toMatchObject({ room: "R", change: { token: undefined } });
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
    expect(effect(effects("reconnecting"), "start-away-timer").ms).toBe(8_000);
    effect(effects("connected"), "stop-away-timer");
  });

  it("keeps the newest invite for a reload", () => {
    const [state, effects] = step(inRoom({}, "i"), EVENTS["invite-made"]);
    expect(state).toMatchObject({ room: { invite: "j" } });
    expect(effect(effects, "keep-seat")).toMatchObject({ room: "R", change: { invite: "j" } });
  });
});
