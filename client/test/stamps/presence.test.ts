import { describe, expect, test } from "vitest";
import { isKicked, NOBODY, reach, step } from "../../src/stamps/presence.js";
import type {
  Change,
  ListedMember,
  Presence,
  PresenceEvent,
} from "../../src/stamps/presence-types.js";

const OLD = 100;
const VISIT = 200;
const NEW = 300;
const profile = { name: "Bob", role: "guest" } as const;

const bob = (is: "connected" | "asleep" | "away" = "connected", visit = VISIT): ListedMember => {
  return { peer: "bob", ...profile, visit, connected: is === "connected", asleep: is === "asleep" };
};
const listed = (stamp: number, ...members: ListedMember[]): PresenceEvent => {
  return { type: "listed", stamp, members };
};
const asked = (stamp: number): PresenceEvent => ({ type: "asked", stamp });
const opened = (stamp: number): PresenceEvent => ({ type: "opened", stamp });
const closed = (stamp: number): PresenceEvent => ({ type: "closed", stamp });
const joined = (stamp: number, visit = VISIT, name = "Bob"): PresenceEvent => {
  return { type: "joined", stamp, member: { peer: "bob", name, role: "guest", visit } };
};
const disconnected = (stamp: number, asleep = false): PresenceEvent => {
  return { type: "disconnected", stamp, peer: "bob", asleep };
};
const left = (
  stamp: number,
  reason: "left" | "kicked" | "expired" = "left",
  visit = VISIT,
): PresenceEvent => ({ type: "left", stamp, peer: "bob", reason, visit });
const heard = (stamp: number, newPage = false): PresenceEvent => {
  return { type: "heard", stamp, peer: "bob", newPage };
};
const kicked: PresenceEvent = { type: "kicked", peer: "bob" };
const forgotten = (reason: "left" | "expired"): PresenceEvent => {
  return { type: "forgotten", peer: "bob", reason };
};

/** `receives`: at a stamp where it could not. */
const here = (fresh: boolean, receives = fresh): Change => {
  return { type: "here", peer: "bob", profile, fresh, receives };
};
const absent: Change = { type: "absent", peer: "bob", expired: false };
/** The stamp that kept its seat has given it up. */
const expired: Change = { ...absent, expired: true };
const gone = (reason: "left" | "kicked"): Change => ({ type: "gone", peer: "bob", reason });

/** The presence after the events, and the changes of each. */
function after(events: PresenceEvent[]): [Presence, Change[][]] {
  let presence = NOBODY;
  const changes = events.map((event) => {
    const [next, own] = step(presence, event);
    presence = next;
    return [...own];
  });
  return [presence, changes];
}

/** We are at both stamps, and nobody else is. */
const WE = [listed(0), opened(0), listed(1), opened(1)];
/** Bob is at both. */
const BOTH = [...WE, joined(0), joined(1)];

describe("the changes after the last of these events", () => {
  test.each<[string, PresenceEvent[], Change[]]>([
    // Coming
    ["listed with a socket", [listed(0, bob())], [here(true)]],
    ["listed asleep", [listed(0, bob("asleep"))], [here(false)]],
    ["listed without a socket, ours not open yet", [listed(0, bob("away"))], [here(false)]],
    ["that, and then ours opens", [listed(0, bob("away")), opened(0)], [absent]],
    [
      "listed without a socket by a stamp where ours is open",
      [...WE, listed(0, bob("away"))],
      [here(false), absent],
    ],
    ["joined", [...WE, joined(0)], [here(true)]],
    ["joined at the second stamp too", BOTH, [here(false, true)]],
    [
      "listed with a socket at the second stamp too",
      [...BOTH.slice(0, -1), listed(1, bob())],
      [here(false, true)],
    ],
    [
      "listed asleep at the second stamp",
      [...BOTH.slice(0, -1), listed(1, bob("asleep"))],
      [here(false)],
    ],
    ["heard at the second stamp", [...BOTH.slice(0, -1), heard(1)], [here(false, true)]],
    ["listed as before", [...BOTH, listed(0, bob())], []],
    ["joined at a stamp that has listed nothing", [joined(0)], []],
    ["joined at a stamp where our socket has ended", [...WE, closed(0), joined(0)], []],
    // Staying
    ["disconnected at one of two", [...BOTH, disconnected(0)], []],
    ["disconnected at both", [...BOTH, disconnected(0), disconnected(1)], [absent]],
    ["absent at both once more", [...BOTH, disconnected(0), disconnected(1), disconnected(1)], []],
    ["back at one", [...BOTH, disconnected(0), disconnected(1), joined(1)], [here(true)]],
    [
      "back at one of two, never away from the other",
      [...BOTH, disconnected(0), joined(0)],
      [here(false, true)],
    ],
    ["joined again at one of two, its end not told", [...BOTH, joined(0)], [here(false, true)]],
    [
      "joined again at its only stamp, its end not told",
      [...WE, joined(0), joined(0)],
      [here(true)],
    ],
    ["expired at one of two", [...BOTH, left(0, "expired")], []],
    ["expired at both", [...BOTH, left(0, "expired"), left(1, "expired")], [expired]],
    [
      "expired at one, without a socket at the other",
      [...BOTH, disconnected(0), left(1, "expired")],
      [absent],
    ],
    [
      "expired at one, and the seat at the other is of an old page",
      [...WE, joined(0, OLD), joined(1), left(1, "expired")],
      [expired],
    ],
    [
      "expired, and our socket at the other has ended",
      [...BOTH, closed(0), left(1, "expired")],
      [expired],
    ],
    ["absent, and then expired", [...WE, joined(0), disconnected(0), left(0, "expired")], []],
    ["not listed any more at one", [...BOTH, listed(0)], []],
    ["not listed any more at both", [...BOTH, listed(0), listed(1)], [expired]],
    ["not listed by a stamp that had no seat for it", [...WE, joined(0), listed(1)], []],
    [
      "not listed by one, and disconnected at the other",
      [...BOTH, listed(0), disconnected(1)],
      [absent],
    ],
    ["disconnected, and nobody knew it", [...WE, disconnected(0)], []],
    // Sleeping
    ["asleep at both", [...BOTH, disconnected(0, true), disconnected(1, true)], []],
    [
      "awake again",
      [...BOTH, disconnected(0, true), disconnected(1, true), joined(0)],
      [here(true)],
    ],
    [
      "asleep at one of two, and awake again",
      [...BOTH, disconnected(0, true), joined(0)],
      [here(false, true)],
    ],
    [
      "asleep at one of two, and listed awake again",
      [...BOTH, disconnected(0, true), listed(0, bob())],
      [here(false, true)],
    ],
    [
      "asleep, and its seat expires",
      [...WE, joined(0), disconnected(0, true), left(0, "expired")],
      [expired],
    ],
    // Our own sockets
    ["our socket ends where it was too", [...BOTH, closed(0)], []],
    ["our socket ends where it was only", [...WE, joined(0), closed(0)], [absent]],
    ["both of ours end", [...BOTH, closed(0), closed(1)], []],
    [
      "both of ours end, and one lists it",
      [...BOTH, closed(0), closed(1), listed(0, bob())],
      [here(true)],
    ],
    ["both of ours end, and one does not list it", [...BOTH, closed(0), closed(1), listed(0)], []],
    ["that, and ours opens", [...BOTH, closed(0), closed(1), listed(0), opened(0)], [absent]],
    [
      "the other one of ours was the last that said so",
      [...BOTH, disconnected(0), closed(1)],
      [absent],
    ],
    ["ours opens where nothing was listed", [opened(0)], []],
    // A list and what is pushed meanwhile
    ["joined while we ask, and then not listed", [...WE, asked(0), joined(0), listed(0)], []],
    [
      "disconnected while we ask, and then listed",
      [...WE, joined(0), asked(0), disconnected(0), listed(0, bob())],
      [],
    ],
    ["not listed after that", [...WE, asked(0), joined(0), listed(0), listed(0)], [expired]],
    [
      "listed after our socket has ended, asked for before",
      [...WE, asked(0), closed(0), listed(0, bob())],
      [],
    ],
    [
      "that, and asked again",
      [...WE, asked(0), closed(0), asked(0), listed(0, bob())],
      [here(true)],
    ],
    ["left, of somebody who was only heard", [...WE, heard(0), left(0)], [absent]],
    [
      "left the page before the one that was heard",
      [...BOTH, left(0), heard(0, true), left(1)],
      [],
    ],
    // Leaving
    ["left one stamp", [...BOTH, left(0)], [gone("left")]],
    ["left the other then", [...BOTH, left(0), left(1)], []],
    ["left, and an old list", [...BOTH, left(0), listed(1, bob())], []],
    ["left, and an old push", [...BOTH, left(0), joined(1)], []],
    ["left, and an old message", [...BOTH, left(0), heard(1)], []],
    ["left before it joined", [...WE, left(0), joined(1)], []],
    ["left, and back with a new page", [...BOTH, left(0), joined(1, NEW)], [here(true)]],
    [
      "left, and heard of a new page",
      [...BOTH, left(0), heard(1, true)],
      [{ ...here(true), profile: { name: "", role: "guest" } } as Change],
    ],
    // Reloading
    ["a new page where the old one was", [...BOTH, joined(0, NEW)], [here(true)]],
    ["the old page's leave then", [...BOTH, joined(0, NEW), left(0)], []],
    ["the old page's leave at the other stamp", [...BOTH, joined(0, NEW), left(1)], []],
    [
      "the new page's end, the old one's socket not told",
      [...BOTH, joined(0, NEW), disconnected(0)],
      [absent],
    ],
    ["an old page's socket, late", [...WE, joined(0, NEW), joined(1, OLD)], []],
    ["the leave of the new page", [...BOTH, joined(0, NEW), left(0, "left", NEW)], [gone("left")]],
    [
      "expired: the old page's seat, not the new one's",
      [...WE, joined(0, NEW), left(0, "expired", OLD)],
      [],
    ],
    // Kicked
    ["kicked at one", [...BOTH, left(0, "kicked")], [gone("kicked")]],
    [
      "kicked: an old page's seat, and it is the same identity",
      [...BOTH, joined(1, NEW), left(0, "kicked")],
      [gone("kicked")],
    ],
    ["kicked by orders", [...BOTH, kicked], [gone("kicked")]],
    ["kicked, and listed with a new page", [...BOTH, kicked, listed(1, bob("connected", NEW))], []],
    ["kicked, and joined", [...BOTH, kicked, joined(1, NEW)], []],
    ["kicked, and heard", [...BOTH, kicked, heard(1, true)], []],
    ["kicked before it came", [...WE, kicked, joined(0)], []],
    ["kicked twice", [...BOTH, kicked, left(0, "kicked")], []],
    // Forgotten by the room
    [
      "forgotten after its absence, and joined",
      [...WE, joined(0), disconnected(0), forgotten("expired"), joined(0)],
      [here(true)],
    ],
    [
      "forgotten after its absence, heard of the same page, and joined",
      [...WE, joined(0), disconnected(0), forgotten("expired"), heard(0, true), joined(0)],
      [here(true)],
    ],
    [
      "forgotten after its absence, heard of the same page, and listed",
      [...WE, joined(0), disconnected(0), forgotten("expired"), heard(0, true), listed(0, bob())],
      [{ type: "renamed", peer: "bob", profile: { name: "Bob", role: "guest" } }],
    ],
    [
      "forgotten after its bye, heard of a new page, and an old push",
      [...BOTH, forgotten("left"), heard(0, true), joined(0)],
      [],
    ],
    [
      "forgotten, and listed without a socket",
      [...WE, joined(0), disconnected(0), forgotten("expired"), listed(0, bob("away"))],
      [],
    ],
    [
      "forgotten, and listed with one",
      [...WE, joined(0), disconnected(0), forgotten("expired"), listed(0, bob())],
      [here(true)],
    ],
    [
      "forgotten, and our socket opens at a second stamp",
      [listed(0, bob("away")), opened(0), forgotten("expired"), listed(1), opened(1)],
      [],
    ],
    ["forgotten after its bye, and an old push", [...BOTH, forgotten("left"), joined(1)], []],
    [
      "forgotten after its bye, and a new page",
      [...BOTH, forgotten("left"), joined(1, NEW)],
      [here(true)],
    ],
    [
      "a new page is forgotten, and the leave of the old one comes late",
      [...BOTH, joined(0, NEW), forgotten("expired"), left(1), joined(1, NEW)],
      [here(true)],
    ],
    // Heard
    ["heard before it is told, then told", [...WE, heard(0), joined(0)], [here(true)]],
    ["heard while it is there", [...BOTH, heard(0)], []],
    [
      "heard while it is absent",
      [...BOTH, disconnected(0), disconnected(1), heard(1)],
      [here(true)],
    ],
    // Names
    [
      "another name",
      [...BOTH, listed(0, { ...bob(), name: "Bo" })],
      [{ type: "renamed", peer: "bob", profile: { name: "Bo", role: "guest" } }],
    ],
    ["another name of an old page", [...BOTH, joined(1, OLD, "Robert")], []],
  ])("%s", (_, events, expected) => {
    expect(after(events)[1].at(-1)).toEqual(expected);
  });
});

describe("presence", () => {
  test("lists several members, and judges each by itself", () => {
    const cem = { ...bob(), peer: "cem", name: "Cem" };
    const [, changes] = after([...WE, listed(0, bob(), cem), listed(1, cem), closed(0)]);
    expect(changes.at(-1)).toEqual([absent]);
  });

  test("says where a member is", () => {
    const [presence] = after([...WE, joined(0), joined(1), disconnected(1)]);
    expect([0, 1, 2].map((stamp) => reach(presence, stamp, "bob"))).toEqual([
      "here",
      "absent",
      "unknown",
    ]);
    expect(reach(presence, 0, "cem")).toBe("absent");
  });

  test("does not reach a page that is gone, nor one that sleeps", () => {
    const [reloaded] = after([...BOTH, joined(0, NEW)]);
    expect([0, 1].map((stamp) => reach(reloaded, stamp, "bob"))).toEqual(["here", "absent"]);
    const [asleep] = after([...WE, joined(0), disconnected(0, true)]);
    expect(reach(asleep, 0, "bob")).toBe("absent");
  });

  test("remembers who was kicked", () => {
    expect(isKicked(after([...BOTH, kicked])[0], "bob")).toBe(true);
    expect(isKicked(after([...BOTH, left(0)])[0], "bob")).toBe(false);
  });

  test("remembers a bounded number of those who are gone", () => {
    const names = [...Array(2_000).keys()].map((n) => `peer ${n}`);
    const [presence] = after([
      ...WE,
      ...names.map((peer): PresenceEvent => ({ ...left(0), peer }) as PresenceEvent),
      ...names.map((peer): PresenceEvent => ({ type: "kicked", peer })),
    ]);
    expect(presence.past.size).toBe(256);
    expect(presence.kicked.size).toBe(1_024);
    expect(isKicked(presence, "peer 1999")).toBe(true);
  });

  test("changes nothing of what it was given", () => {
    const [before] = after(BOTH);
    const copy = structuredClone(before);
    for (const event of [left(0), kicked, closed(0), listed(1), joined(0, NEW), disconnected(0)]) {
      step(before, event);
    }
    expect(before).toEqual(copy);
  });
});
