/**
 * The union of what the stamps say of the members (docs/protocol.md §5). Pure:
 *
 *     step(presence, event) → [presence, changes]
 *
 * A *word* is what one stamp says of one member: `connected`, `asleep` or `disconnected`, or nothing.
 * A stamp *counts* from its list until our socket there has ended. A word counts if its visit is the
 * newest that any stamp has told of that member: an older one is of a page that is gone.
 *
 * | Event | The word of that stamp | Then |
 * |---|---|---|
 * | `asked` | – | what is pushed from here on is newer than the next list |
 * | `listed` | as listed; of those who are not listed: none | who is unknown is `here` |
 * | `listed`, `asked` for before `closed` | – | nothing: it is of a socket that has ended |
 * | `joined` | connected | who is unknown is `here` |
 * | `heard` | connected, if it was neither that nor asleep | who is unknown is `here`, without a name |
 * | `disconnected` | disconnected, or asleep | – |
 * | `left: expired` | none | – |
 * | `left: left` with the newest visit | of all stamps: none | `gone` |
 * | `left: left` with an older visit, or of somebody who was only heard | none, if it is of that visit or older | – |
 * | `left: kicked`, `kicked` | of all stamps: none, for ever | `gone` |
 * | `opened` | – | this stamp can say that somebody is absent |
 * | `closed` | of all members: none | – |
 * | `forgotten` | of all stamps: none | – |
 *
 * After each event, for each known member that it concerns:
 *
 * | A word that counts is connected or asleep | A socket of ours is open | Then the member is |
 * |---|---|---|
 * | yes | any | `here` |
 * | no | yes | `absent` |
 * | no | no | as before |
 *
 * `here` says `receives` if it is connected at a stamp where it was not, or is another page; and `fresh`
 * if it was connected at none. `absent` says `expired` if a list or `left: expired` took the word of a
 * stamp that had one, and no other stamp that counts has one.
 *
 * News of a member who is gone counts if it is newer than what we know: after `left`, only a newer
 * visit or a message of a newer page; after `forgotten: expired`, also a connected or asleep seat of
 * the same visit.
 */
import type {
  Change,
  ListedMember,
  Member,
  Past,
  Presence,
  PresenceEvent,
  PresenceStep,
  Profile,
  Reach,
  Stamp,
  Told,
  Word,
} from "./presence-types.js";

/** A member who was heard before it was told or listed. */
const STRANGER: Profile = { name: "", role: "guest" };
const MAX_PAST = 256;
const MAX_KICKED = 1_024;

/** Before the first list. */
export const NOBODY: Presence = {
  stamps: new Map(),
  members: new Map(),
  past: new Map(),
  kicked: new Set(),
  late: new Set(),
};

/** What is known after the event, and what the room does. */
export function step(presence: Presence, event: PresenceEvent): PresenceStep {
  switch (event.type) {
    case "asked":
      return [asked(presence, event.stamp), []];
    case "listed":
      return listed(presence, event.stamp, event.members);
    case "joined":
      return joined(noted(presence, event.stamp, event.member.peer), event.stamp, event.member);
    case "heard":
      return heard(presence, event);
    case "disconnected":
      return disconnected(noted(presence, event.stamp, event.peer), event);
    case "left":
      return left(noted(presence, event.stamp, event.peer), event);
    case "opened":
      return judgeAll(presence, withStamp(presence, event.stamp, { open: true }));
    case "closed":
      return judgeAll(presence, withoutStamp(presence, event.stamp));
    case "kicked":
      return kicked(presence, event.peer);
    case "forgotten":
      return [ended(presence, event.peer, event.reason !== "expired"), []];
  }
}

/** Where a member is, as far as the stamp knows. A message for one who is absent reaches nobody. */
export function reach(presence: Presence, stamp: number, peer: string): Reach {
  if (!presence.stamps.has(stamp)) return "unknown";
  const member = presence.members.get(peer);
  return member && counting(presence, member, stamp)?.is === "connected" ? "here" : "absent";
}

/** Was it kicked? Then nothing that comes from it counts. */
export function isKicked(presence: Presence, peer: string): boolean {
  return presence.kicked.has(peer);
}

function asked(before: Presence, stamp: number): Presence {
  const late = new Set(before.late);
  late.delete(stamp);
  return withStamp({ ...before, late }, stamp, { pushed: new Set() });
}

function listed(before: Presence, stamp: number, members: readonly ListedMember[]): PresenceStep {
  if (before.late.has(stamp)) return [before, []]; // no socket of ours follows it
  const { open = false, pushed } = before.stamps.get(stamp) ?? {};
  const isNewer = (peer: string) => !pushed?.has(peer); // than what was pushed
  const stamps = new Map(before.stamps).set(stamp, { open, pushed: null });
  const names = new Set(members.map(({ peer }) => peer));
  let presence: Presence = { ...before, stamps };
  for (const peer of before.members.keys()) {
    if (!names.has(peer) && isNewer(peer)) presence = withWord(presence, peer, stamp, null);
  }
  for (const member of members) {
    if (isNewer(member.peer)) presence = told(presence, stamp, member, stateOf(member));
  }
  return judgeAll(before, presence, stamp);
}

function joined(before: Presence, stamp: number, member: Told): PresenceStep {
  const { peer, visit } = member;
  if (visit < (before.members.get(peer)?.visit ?? 0)) return [before, []];
  // Its socket is a new one, also if the end of the old one was not told: what only the old one
  // could receive may be lost.
  const restarted = withWord(before, peer, stamp, null);
  return judge(restarted, told(restarted, stamp, member, "connected"), peer);
}

/** The servers vouch for the sender of a message: it is there, and its `joined` is on its way. */
function heard(
  before: Presence,
  { stamp, peer, newPage = false }: Extract<PresenceEvent, { type: "heard" }>,
): PresenceStep {
  const member = before.members.get(peer);
  if (member && isThere(counting(before, member, stamp))) return [before, []];
  const past = before.past.get(peer);
  // Its visit will be told. Who was given up and not told to have left may still be the same page.
  const guess = (past?.visit ?? 0) + (newPage && past?.left ? 1 : 0);
  const visit = member?.visit ?? guess;
  const { name, role } = member?.profile ?? STRANGER;
  const guessed = member?.guessed ?? true;
  const after = told(before, stamp, { peer, name, role, visit }, "connected", guessed);
  return judge(before, after, peer);
}

function disconnected(
  before: Presence,
  { stamp, peer, asleep }: Extract<PresenceEvent, { type: "disconnected" }>,
): PresenceStep {
  const word = before.members.get(peer)?.words.get(stamp);
  if (!word) return [before, []];
  const is = asleep ? "asleep" : "disconnected";
  return judge(before, withWord(before, peer, stamp, { visit: word.visit, is }), peer);
}

function left(
  before: Presence,
  { stamp, peer, reason, visit }: Extract<PresenceEvent, { type: "left" }>,
): PresenceStep {
  if (reason === "kicked") return kicked(before, peer);
  const member = before.members.get(peer);
  // Of somebody who was only heard, it may be the page before the one that was heard.
  if (reason === "left" && !member?.guessed && visit >= (member?.visit ?? 0)) {
    const changes: Change[] = member ? [{ type: "gone", peer, reason }] : [];
    return [ended(before, peer, true, visit), changes];
  }
  const word = member?.words.get(stamp);
  if (!word || word.visit > visit) return [before, []];
  const givenUpAt = reason === "expired" ? stamp : undefined;
  return judge(before, withWord(before, peer, stamp, null), peer, givenUpAt);
}

function kicked(before: Presence, peer: string): PresenceStep {
  if (before.kicked.has(peer)) return [before, []];
  const kicked = new Set([...before.kicked, peer].slice(-MAX_KICKED));
  const after = { ...ended(before, peer, true), kicked };
  return [after, before.members.has(peer) ? [{ type: "gone", peer, reason: "kicked" }] : []];
}

/** A stamp says that somebody has a seat. `guessed`: the visit is a guess of ours. */
function told(
  presence: Presence,
  stamp: number,
  say: Told,
  is: Word["is"],
  guessed = false,
): Presence {
  const { peer, name, role, visit } = say;
  const known = presence.members.get(peer);
  if (!presence.stamps.has(stamp) || visit < (known?.visit ?? 0)) return presence;
  if (!known && !isNews(presence, say, is)) return presence;
  const words = new Map(known?.words).set(stamp, { visit, is });
  const here = known?.here ?? false;
  const member = { profile: { name, role }, visit, guessed, words, here };
  const past = new Map(presence.past);
  past.delete(peer);
  return { ...presence, past, members: new Map(presence.members).set(peer, member) };
}

/** Of somebody who is no member: is it newer than what we know? */
function isNews({ kicked, past }: Presence, { peer, visit }: Told, is: Word["is"]): boolean {
  if (kicked.has(peer)) return false;
  const before = past.get(peer);
  if (!before || visit > before.visit) return true;
  return !before.left && visit === before.visit && is !== "disconnected";
}

/** It is no member any more. `visit`: of the page that has ended, by default the newest we know. */
function ended(presence: Presence, peer: string, left: boolean, visit?: number): Presence {
  const before = presence.past.get(peer);
  const known = presence.members.get(peer)?.visit ?? before?.visit ?? 0;
  const now = { visit: visit ?? known, left };
  const members = new Map(presence.members);
  const past = new Map(presence.past);
  members.delete(peer);
  past.delete(peer);
  past.set(peer, before ? newest(before, now) : now);
  return { ...presence, members, past: new Map([...past].slice(-MAX_PAST)) };
}

/** Of the same page, what it said itself counts. */
function newest(one: Past, other: Past): Past {
  if (one.visit !== other.visit) return one.visit > other.visit ? one : other;
  return one.left ? one : other;
}

/** The second table at the head, for all members. */
function judgeAll(before: Presence, after: Presence, givenUpAt?: number): PresenceStep {
  let presence = after;
  const changes: Change[] = [];
  for (const peer of after.members.keys()) {
    const [next, own] = judge(before, presence, peer, givenUpAt);
    presence = next;
    changes.push(...own);
  }
  return [presence, changes];
}

/** The second table at the head, for one member. `givenUpAt`: whoever has no seat there has expired. */
function judge(before: Presence, after: Presence, peer: string, givenUpAt?: number): PresenceStep {
  const member = after.members.get(peer);
  if (!member) return [after, []];
  const known = before.members.get(peer);
  const [was, is] = [standing(before, known), standing(after, member)];
  const { profile } = member;
  const isNewPage = member.visit > (known?.visit ?? 0);
  const fresh = is.receiving.length > 0 && (was.receiving.length === 0 || isNewPage);
  const receives = fresh || is.receiving.some((stamp) => !was.receiving.includes(stamp));
  const isNew = is.at.some((stamp) => !was.at.includes(stamp)) || !member.here;
  const changes: Change[] = [];
  if (!known || (is.at.length > 0 && (isNew || receives))) {
    changes.push({ type: "here", peer, profile, fresh, receives });
  } else if (known.profile.name !== profile.name || known.profile.role !== profile.role) {
    changes.push({ type: "renamed", peer, profile });
  }
  const decided = is.at.length > 0 || [...after.stamps.values()].some(({ open }) => open);
  const here = decided ? is.at.length > 0 : member.here || !known;
  if (!here && (member.here || !known)) {
    const hadSeat = givenUpAt !== undefined && known?.words.has(givenUpAt) === true;
    changes.push({ type: "absent", peer, expired: hadSeat && !hasSeat(after, member) });
  }
  return [{ ...after, members: new Map(after.members).set(peer, { ...member, here }) }, changes];
}

/** The stamps at which it is, and those of them that can deliver to it. */
function standing(presence: Presence, member: Member | undefined) {
  const words = [...(member?.words ?? [])].filter(([stamp]) => {
    return member && isThere(counting(presence, member, stamp));
  });
  return {
    at: words.map(([stamp]) => stamp),
    receiving: words.filter(([, { is }]) => is === "connected").map(([stamp]) => stamp),
  };
}

/** Does any stamp that counts keep a seat for it? */
function hasSeat(presence: Presence, member: Member): boolean {
  return [...member.words.keys()].some((stamp) => counting(presence, member, stamp));
}

/** The word of a stamp, if it counts. */
function counting({ stamps }: Presence, member: Member, stamp: number): Word | undefined {
  const word = member.words.get(stamp);
  return stamps.has(stamp) && word?.visit === member.visit ? word : undefined;
}

function isThere(word: Word | undefined): boolean {
  return word?.is === "connected" || word?.is === "asleep";
}

function stateOf({ connected, asleep }: ListedMember): Word["is"] {
  if (connected) return "connected";
  return asleep ? "asleep" : "disconnected";
}

/** Something was pushed: it is newer than a list that was asked for before. */
function noted(presence: Presence, stamp: number, peer: string): Presence {
  const pushed = presence.stamps.get(stamp)?.pushed;
  return pushed ? withStamp(presence, stamp, { pushed: new Set(pushed).add(peer) }) : presence;
}

/** Changes a stamp that counts; of another one nothing is known. */
function withStamp(presence: Presence, stamp: number, change: Partial<Stamp>): Presence {
  const before = presence.stamps.get(stamp);
  if (!before) return presence;
  return { ...presence, stamps: new Map(presence.stamps).set(stamp, { ...before, ...change }) };
}

function withoutStamp(before: Presence, stamp: number): Presence {
  const stamps = new Map(before.stamps);
  const isAsked = stamps.get(stamp)?.pushed != null;
  const late = isAsked ? new Set(before.late).add(stamp) : before.late;
  stamps.delete(stamp);
  let presence: Presence = { ...before, stamps, late };
  for (const peer of before.members.keys()) presence = withWord(presence, peer, stamp, null);
  return presence;
}

/** Sets or removes a word. */
function withWord(presence: Presence, peer: string, stamp: number, word: Word | null): Presence {
  const member = presence.members.get(peer);
  if (!member) return presence;
  const words = new Map(member.words);
  if (word) words.set(stamp, word);
  else words.delete(stamp);
  return { ...presence, members: new Map(presence.members).set(peer, { ...member, words }) };
}
