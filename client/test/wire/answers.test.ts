/** Answers of HTTP calls and hub methods: what is copied, and what is refused. */
import { describe, expect, test } from "vitest";
import {
  parseAdmission,
  parseCreatedRoom,
  parseIce,
  parseInvite,
  parseLocked,
  parsePoll,
  parseReply,
  parseTurn,
} from "../../src/wire/answers.js";

const STUN = { urls: "stun:stun.example.org" };
const TURN = { urls: ["turn:turn.example.org"], username: "u", credential: "c" };
const ADMISSION = {
  url: "https://service.example/client/?hub=signaling",
  accessToken: "a.b.c",
  room: "r",
  peer: "AAAAAAAAAAAAAAAA",
  role: "guest",
  name: "Ann",
  token: "t.o.k",
  ttl: 1,
  visit: 1,
  admittedAt: 2,
  iceServers: [STUN, TURN],
  turn: "late",
  parked: [],
  peers: [],
  capacity: 8,
  locked: false,
};
const MEMBER = {
  peer: "BBBBBBBBBBBBBBBB",
  name: "Bob",
  role: "host",
  visit: 1,
  connected: true,
  asleep: false,
};
const OFFER = { seq: 3, body: { pc: "p1", sdp: "v=0" } };
const CODE = "~AAECAwQFBgcICQoLDA0ODw";
const without = (value: object, member: string) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== member));

describe("the answer of negotiate", () => {
  test("is copied as far as the protocol names it", () => {
    const more = { limits: {}, stamp: "s", secret: "x" };
    expect(parseAdmission({ ...ADMISSION, ...more })).toEqual(ADMISSION);
    const created = { ...ADMISSION, room: CODE, orders: "o.r.d" };
    expect(parseAdmission(created)).toEqual(created);
  });

  test.each(Object.keys(ADMISSION).filter((name) => name !== "turn" && name !== "parked"))(
    "needs %s",
    (name) => {
      expect(parseAdmission(without(ADMISSION, name))).toBeNull();
      expect(parseAdmission({ ...ADMISSION, [name]: null })).toBeNull();
    },
  );

  test("says which of our offers wait, if any do", () => {
    expect(parseAdmission(without(ADMISSION, "parked"))).toEqual(ADMISSION);
    const waiting = { ...ADMISSION, parked: [3, 4] };
    expect(parseAdmission(waiting)).toEqual(waiting);
    for (const parked of [3, ["3"], [-1], null]) {
      const known = parked === null ? ADMISSION : null;
      expect(parseAdmission({ ...ADMISSION, parked })).toEqual(known);
    }
  });

  test("of an older backend has no TURN", () => {
    expect(parseAdmission(without(ADMISSION, "turn"))?.turn).toBe("off");
    expect(parseAdmission({ ...ADMISSION, turn: "sometimes" })).toBeNull();
  });

  test("says for how long its credential is good, if it holds one", () => {
    const eager = { ...ADMISSION, turn: "eager", turnTtl: 5 };
    expect(parseAdmission(eager)).toEqual(eager);
    expect(parseAdmission({ ...eager, turnTtl: "5" })).toBeNull();
    expect(Object.keys(parseAdmission(ADMISSION) ?? {})).not.toContain("turnTtl");
  });

  test("says which socket the stamp knows, if it knows one", () => {
    const again = { ...ADMISSION, socketAdmittedAt: 1 };
    expect(parseAdmission(again)).toEqual(again);
    expect(Object.keys(parseAdmission(ADMISSION) ?? {})).not.toContain("socketAdmittedAt");
  });

  test.each([
    ["an empty url", { url: "" }],
    ["a room with a slash", { room: "a/b" }],
    ["a code that is too short", { room: CODE.slice(0, -1) }],
    ["a visit that is text", { visit: "1" }],
    ["an admittedAt that is text", { admittedAt: "2" }],
    ["an admittedAt before 1970", { admittedAt: -1 }],
    ["a socketAdmittedAt that is text", { socketAdmittedAt: "1" }],
    ["a socketAdmittedAt that is null", { socketAdmittedAt: null }],
    ["orders that are a list", { orders: ["o"] }],
    ["a peer of 15 characters", { peer: "A".repeat(15) }],
    ["a role of tomorrow", { role: "king" }],
    ["a name that is too long", { name: "x".repeat(129) }],
    ["a negative ttl", { ttl: -1 }],
    ["members that are no list", { peers: {} }],
    ["257 members", { peers: Array(257).fill(MEMBER) }],
    ["a lock that is text", { locked: "no" }],
  ])("is refused with %s", (_, changes) => {
    expect(parseAdmission({ ...ADMISSION, ...changes })).toBeNull();
  });
});

describe("a listed member", () => {
  const listed = (member: unknown) => parseAdmission({ ...ADMISSION, peers: [member] })?.peers[0];

  test("may have parked an offer", () => {
    expect(listed({ ...MEMBER, joinedAt: 1 })).toEqual(MEMBER);
    expect(listed({ ...MEMBER, offer: OFFER })).toEqual({ ...MEMBER, offer: OFFER });
    const sent = { ...MEMBER, offer: { ...OFFER, answered: 9 } };
    expect(listed(sent)).toEqual(sent);
  });

  test.each([
    ["no seq", { body: OFFER.body }],
    ["a bad body", { seq: 3, body: { pc: "p1" } }],
    ["no body", { seq: 3 }],
    ["another type", "offer"],
    ["something else as ours", { ...OFFER, answered: true }],
    ["null", null],
  ])("whose offer has %s is listed without it", (_, offer) => {
    expect(listed({ ...MEMBER, offer })).toEqual(MEMBER);
  });

  test("is listed with the proof that we have met, or without", () => {
    expect(listed({ ...MEMBER, met: "proof" })).toEqual({ ...MEMBER, met: "proof" });
    for (const met of [7, "", null]) expect(listed({ ...MEMBER, met })).toEqual(MEMBER);
  });

  test("is awake unless it is said to sleep", () => {
    expect(listed(without(MEMBER, "asleep"))).toEqual(MEMBER);
    const sleeper = { ...MEMBER, connected: false, asleep: true };
    expect(listed(sleeper)).toEqual(sleeper);
  });

  test.each([
    { peer: "B" },
    { role: undefined },
    { name: null },
    { visit: undefined },
    { connected: undefined },
    { connected: "yes" },
    { asleep: 1 },
  ])("with %j makes the whole answer bad", (changes) => {
    expect(parseAdmission({ ...ADMISSION, peers: [{ ...MEMBER, ...changes }] })).toBeNull();
  });
});

describe("an ICE server", () => {
  const server = (value: unknown) => parseAdmission({ ...ADMISSION, iceServers: [value] });

  test("keeps urls, username and credential, and nothing else", () => {
    const odd = { ...TURN, credentialType: "password", secret: "x" };
    expect(server(odd)?.iceServers).toEqual([TURN]);
    expect(server({ ...STUN, username: 7, credential: null })?.iceServers).toEqual([STUN]);
  });

  test.each([
    ["no urls", {}],
    ["an empty url", { urls: "" }],
    ["a url that is too long", { urls: "x".repeat(513) }],
    ["a list with a number", { urls: ["turn:a", 7] }],
    ["text", "stun:stun.example.org"],
  ])("is refused if it is, or has, %s", (_, value) => {
    expect(server(value)).toBeNull();
  });
});

describe("the answer of turn", () => {
  const GRANTED = { granted: true, iceServers: [STUN, TURN], ttl: 9, level: "normal" };
  const REFUSED = { granted: false, iceServers: [STUN], level: "stun-only", reason: "day" };

  test("is a credential with its life, or a refusal", () => {
    expect(parseTurn(GRANTED)).toEqual({
      granted: true,
      iceServers: [STUN, TURN],
      ttl: 9,
    });
    expect(parseTurn({ ...REFUSED, degraded: true })).toEqual({ granted: false });
  });

  test.each([
    ["a grant without a ttl", without(GRANTED, "ttl")],
    ["a grant that is text", { ...GRANTED, granted: "yes" }],
    ["no word whether it is granted", without(GRANTED, "granted")],
    ["no level", without(GRANTED, "level")],
    ["no servers", without(REFUSED, "iceServers")],
    ["an empty reason", { ...REFUSED, reason: "" }],
    ["degraded as text", { ...REFUSED, degraded: "no" }],
    ["a list", [GRANTED]],
  ])("is refused if it has %s", (_, value) => {
    expect(parseTurn(value)).toBeNull();
  });
});

describe("the answers of the host's calls", () => {
  const ROOM = {
    room: CODE,
    hostToken: "h.o.st",
    invite: CODE,
    expiresAt: 1,
    capacity: 8,
    inviteOnly: false,
  };

  test("a created room is copied, with TURN rules if it names them", () => {
    expect(parseCreatedRoom({ ...ROOM, secret: 1 })).toEqual(ROOM);
    const rules = { ...ROOM, turn: "eager", turnSides: 1 };
    expect(parseCreatedRoom(rules)).toEqual(rules);
  });

  test.each(Object.keys(ROOM))("a created room needs %s", (name) => {
    expect(parseCreatedRoom(without(ROOM, name))).toBeNull();
    expect(parseCreatedRoom({ ...ROOM, [name]: {} })).toBeNull();
  });

  test.each([
    { turn: "always" },
    { turnSides: 3 },
    { turnSides: "1" },
    { room: "r" },
    { invite: "i" },
  ])("a created room with %j is refused", (changes) => {
    expect(parseCreatedRoom({ ...ROOM, ...changes })).toBeNull();
  });

  test("an invite has its end and its uses", () => {
    const invite = { invite: CODE, expiresAt: 1, uses: 2 };
    expect(parseInvite({ ...invite, more: 1 })).toEqual(invite);
    for (const name of Object.keys(invite)) expect(parseInvite(without(invite, name))).toBeNull();
    expect(parseInvite("i")).toBeNull();
  });

  test("a lock says what it is now", () => {
    expect(parseLocked({ locked: true, orders: "o.r.d" })).toEqual({
      locked: true,
      orders: "o.r.d",
    });
    expect(parseLocked({ locked: false })).toEqual({ locked: false });
    for (const junk of [{}, { locked: 1 }, null, true, { locked: true, orders: 1 }])
      expect(parseLocked(junk)).toBeNull();
  });
});

describe("the answer of a hub method", () => {
  test("is a success only if it says ok", () => {
    expect(parseReply({ ok: true, more: 1 })).toEqual({ ok: true });
  });

  test("is a refusal with its code, its message and the seconds to wait", () => {
    const refusal = { ok: false, code: "rate_limited", message: "Slower.", retryAfter: 1 };
    expect(parseReply({ ...refusal, more: 1 })).toEqual(refusal);
    expect(parseReply({ ok: false, code: "not_member" })).toEqual({
      ok: false,
      code: "not_member",
      message: "",
    });
    expect(parseReply({ ...refusal, retryAfter: "soon", message: 7 })).toEqual({
      ok: false,
      code: "rate_limited",
      message: "",
    });
  });

  test.each([
    null,
    undefined,
    true,
    "ok",
    1,
    [],
    {},
    { ok: 1 },
    { ok: "true" },
    { ok: false },
    { ok: false, code: "" },
    { ok: false, code: 7 },
    { code: "kicked" },
  ])("that is %j is neither", (value) => {
    expect(parseReply(value)).toBeNull();
  });
});

describe("what a socket would have brought", () => {
  const closed = { target: "closed", argument: { code: "kicked", message: "" } };

  test("is read like pushes, and what this version does not know is left out", () => {
    const pushes = [closed, { target: "news", argument: {} }, { target: 5 }, {}];
    expect(parsePoll({ pushes })).toEqual([{ target: "closed", code: "kicked", message: "" }]);
    expect(parsePoll({ pushes: [] })).toEqual([]);
  });

  test.each([null, {}, { pushes: {} }, { pushes: [1] }])("is not read from %j", (value) => {
    expect(parsePoll(value)).toBeNull();
  });
});

describe("the STUN servers", () => {
  test("are read", () => {
    const iceServers = [{ urls: ["stun:a.example"] }];
    expect(parseIce({ iceServers })).toEqual(iceServers);
    expect(parseIce({ iceServers: [] })).toEqual([]);
  });

  test.each([null, {}, { iceServers: {} }, { iceServers: [{ urls: 5 }] }])(
    "are not read from %j",
    (value) => {
      expect(parseIce(value)).toBeNull();
    },
  );
});
