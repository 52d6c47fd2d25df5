/**
 * A page in the room: presence.ts, and around it what the room does (room/members.ts): connections
 * to the others, a timer for those who are absent, and negotiating again where somebody is listed
 * and not connected.
 */
import { RECHECK_MS } from "../../../src/room/recheck.js";
import { NOBODY, reach, type step } from "../../../src/stamps/presence.js";
import type { Change, Presence, PresenceEvent, Told } from "../../../src/stamps/presence-types.js";
import { backoff } from "../../../src/timing/backoff.js";
import type { Clock } from "../../peer/model/clock.js";
import type { Random } from "../../peer/model/random.js";
import type { Answer, Socket, Stamp } from "./stamp.js";

const ABSENCE_MS = 30_000;
const ASK_AGAIN_MS = 20_000; // of absence: the list may know better before it is too late
const CALL_TIMEOUT_MS = 10_000;
/** Between these two a socket is asked about (room/socket-check.ts), and then after twice as long. */
const SETTLE_MS = [3_000, 6_000] as const;
const MAX_SETTLE_MS = 60_000;
/** An offer, its repeats (peer/outgoing.ts), and the tries to recover (peer/connecting.ts). */
const OFFERS_MS = [0, 1_000, 3_000, 7_000, 10_000, 15_000, 25_000, 45_000, 65_000];

export interface PageWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly stamps: readonly Stamp[];
  readonly step: typeof step;
  /** False leaves out to ask whether a socket is known. */
  readonly checks: boolean;
  /** Is the path between this peer and the stamp whole? */
  path(peer: string, stamp: number): boolean;
  /** Does a connection between the two work? */
  connected(page: Page, peer: string): boolean;
  met(page: Page, peer: string): void;
  dropped(page: Page, peer: string, why: string): void;
  note(text: string): void;
}

interface Member {
  /** It is listed, and not connected, since then. */
  since: number;
  /** How often it was asked since then whether it is there. */
  asks: number;
  absent: boolean;
  cancel: () => void;
}

interface Link {
  socket: Socket | null;
  openedAt: number;
  /** The stamp has answered whether it knows the socket. */
  checked: boolean;
  /** Since when our socket is open, works, and is known. */
  openSince: number | null;
}

const NO_SOCKET: Link = { socket: null, openedAt: 0, checked: false, openSince: null };

export class Page {
  readonly peer: string;
  readonly visit: number;
  readonly members = new Map<string, Member>();
  readonly links: Link[];
  alive = true;
  readonly #world: PageWorld;
  /** Whom hosts have kicked, as far as we have heard: carried to the other stamps. */
  readonly #orders = new Set<string>();
  /** The newest page of each that a stamp has told. */
  readonly toldVisits = new Map<string, number>();
  /** The newest page of each that we have heard of, and of those who left. */
  readonly #heardVisits = new Map<string, number>();
  readonly #leftVisits = new Map<string, number>();
  #presence: Presence = NOBODY;

  constructor(peer: string, visit: number, world: PageWorld) {
    this.peer = peer;
    this.visit = visit;
    this.#world = world;
    this.links = world.stamps.map(() => ({ ...NO_SOCKET }));
    for (const stamp of world.stamps.keys()) this.#join(stamp, 0);
    this.#watch();
  }

  get presence(): Presence {
    return this.#presence;
  }

  /** `bye`: the others hear it in their channels. */
  leave(): void {
    this.alive = false;
    for (const [stamp, server] of this.#world.stamps.entries()) {
      this.#call(stamp, () => server.leave(this.peer, this.visit));
      this.#cut(stamp);
    }
  }

  /** Nobody is told. */
  crash(): void {
    this.alive = false;
    for (const stamp of this.#world.stamps.keys()) this.#cut(stamp);
  }

  /** Our path to the stamp is cut: both ends notice, each in its own time. */
  loseSocket(stamp: number): void {
    const { socket } = this.#link(stamp);
    if (!socket) return;
    this.#link(stamp).openSince = null;
    this.#after(this.#random.between(500, 30_000), () => this.#ended(stamp, socket));
    this.#cut(stamp);
  }

  /** A renewal, or because somebody is not connected. */
  ask(stamp: number): void {
    if (!this.#link(stamp).socket) return;
    this.#negotiate(stamp, () => {});
  }

  heardBye(peer: string): void {
    if (this.members.has(peer)) this.#drop(peer, "left");
  }

  /** A connection has ended: whoever is absent has 30 s from now. */
  lost(peer: string): void {
    const member = this.members.get(peer);
    if (this.#world.connected(this, peer)) return; // it has another one
    if (member) Object.assign(member, { since: this.#world.clock.now, asks: 0 });
    if (member?.absent) this.#startAbsence(peer);
  }

  get #random(): Random {
    return this.#world.random;
  }

  #link(stamp: number): Link {
    return this.links[stamp] as Link;
  }

  #after(ms: number, run: () => void): () => void {
    return this.#world.clock.after(ms, () => {
      if (this.alive) run();
    });
  }

  #event(event: PresenceEvent): void {
    if (!this.alive) return;
    if (event.type === "listed") for (const each of event.members) this.#told(each);
    if (event.type === "joined") this.#told(event.member);
    const [presence, changes] = this.#world.step(this.#presence, event);
    this.#presence = presence;
    for (const change of changes) this.#change(change);
  }

  #told({ peer, visit }: Told): void {
    this.toldVisits.set(peer, Math.max(visit, this.toldVisits.get(peer) ?? 0));
  }

  #change(change: Change): void {
    const { peer } = change;
    if (change.type === "gone") this.#remove(peer, change.reason);
    else if (change.type === "absent") this.#absent(peer, change.expired);
    else if (change.type === "here") this.#here(peer);
  }

  #here(peer: string): void {
    const before = this.members.get(peer);
    before?.cancel();
    const since = this.#world.clock.now;
    this.members.set(peer, { since, asks: 0, absent: false, cancel: () => {} });
    if (!before) this.#world.met(this, peer);
    if (!before) for (const ms of OFFERS_MS) this.#after(ms, () => this.#offer(peer));
  }

  #absent(peer: string, expired: boolean): void {
    const member = this.members.get(peer);
    if (!member) return;
    member.absent = true;
    if (this.#world.connected(this, peer)) return;
    if (expired) this.#drop(peer, "expired");
    else this.#startAbsence(peer);
  }

  #startAbsence(peer: string): void {
    const member = this.members.get(peer);
    if (!member) return;
    member.cancel();
    const ask = this.#after(ASK_AGAIN_MS, () => this.#askAll());
    const end = this.#after(ABSENCE_MS, () => this.#expire(peer));
    member.cancel = () => {
      ask();
      end();
    };
  }

  /** Without a socket of our own we cannot know. */
  #expire(peer: string): void {
    if (this.links.every(({ socket }) => !socket)) this.#startAbsence(peer);
    else if (!this.#world.connected(this, peer)) this.#drop(peer, "expired");
  }

  #drop(peer: string, reason: "left" | "expired"): void {
    this.#event({ type: "forgotten", peer, reason });
    this.#remove(peer, reason);
  }

  #remove(peer: string, why: string): void {
    const member = this.members.get(peer);
    if (!member) return;
    const told = this.#presence.past.get(peer)?.visit ?? 0;
    if (why === "left") {
      this.#leftVisits.set(peer, Math.max(told, this.#heardVisits.get(peer) ?? 0));
    }
    member.cancel();
    this.members.delete(peer);
    this.#world.note(`${this.peer} drops ${peer}: ${why}`);
    this.#world.dropped(this, peer, why);
  }

  /** By the stamps where it is; whoever does not know us hears of us that way. */
  #offer(peer: string): void {
    if (!this.members.has(peer) || this.#world.connected(this, peer)) return;
    for (const [stamp, server] of this.#world.stamps.entries()) {
      if (reach(this.#presence, stamp, peer) !== "here") continue;
      this.#call(stamp, () => server.message(this.peer, this.visit, peer));
    }
  }

  /** Somebody is listed, and has not been connected for a while: the lists may be old. */
  #watch(): void {
    this.#after(1_000, () => {
      const { now } = this.#world.clock;
      const waiting = [...this.members].filter(([peer]) => !this.#world.connected(this, peer));
      const due = waiting.filter(([, { since, asks }]) => now > since + askedAfterMs(asks));
      for (const [, member] of due) member.asks += 1;
      if (due.length > 0) this.#askAll();
      this.#watch();
    });
  }

  #askAll(): void {
    for (const stamp of this.#world.stamps.keys()) this.ask(stamp);
  }

  #join(stamp: number, attempt: number): void {
    this.#negotiate(stamp, (answer) => {
      const waitMs = backoff(attempt, () => this.#random.next());
      if (answer === null) {
        this.#event({ type: "closed", stamp });
        this.#after(waitMs, () => this.#join(stamp, attempt + 1));
      } else this.#after(this.#random.between(20, 800), () => this.#open(stamp, answer));
    });
  }

  #open(stamp: number, { changes, admittedAt }: Answer): void {
    const server = this.#world.stamps[stamp] as Stamp;
    const socket: Socket = {
      peer: this.peer,
      admittedAt,
      works: () => this.#link(stamp).socket === socket && this.#world.path(this.peer, stamp),
      push: (event) => this.#pushed(event),
      message: (from, visit) => this.#heard(stamp, from, visit),
      ended: () => this.#after(this.#random.between(5, 100), () => this.#ended(stamp, socket)),
    };
    const whole = this.#world.path(this.peer, stamp) && server.condition === "up";
    if (!whole || !server.connect(socket, changes)) {
      this.#event({ type: "closed", stamp });
      this.#after(this.#random.between(100, 5_000), () => this.#join(stamp, 1));
      return;
    }
    const checked = server.knows(socket); // then it says so
    this.links[stamp] = { ...NO_SOCKET, socket, checked, openedAt: this.#world.clock.now };
    this.#event({ type: "opened", stamp });
    if (this.#world.checks) this.#checkLater(stamp, socket, 1);
  }

  /** Does the stamp know the socket? It has not said so. */
  #checkLater(stamp: number, socket: Socket, factor: number): void {
    const [from, to] = SETTLE_MS;
    const ms = Math.min(MAX_SETTLE_MS, factor * this.#random.between(from, to));
    this.#after(ms, () => {
      const link = this.#link(stamp);
      if (link.socket !== socket || link.checked) return;
      this.ask(stamp);
      this.#checkLater(stamp, socket, 2 * factor);
    });
  }

  /** Negotiate was asked at `askedAt`. `known`: by which answer the socket was opened that it knows. */
  #checked(stamp: number, askedAt: number, known: number | undefined): void {
    const link = this.#link(stamp);
    const { socket, openedAt, checked } = link;
    if (!this.#world.checks || !socket || checked || askedAt < openedAt + SETTLE_MS[0]) return;
    link.checked = true;
    if (known === socket.admittedAt) return;
    this.#cut(stamp);
    this.#ended(stamp, socket);
  }

  #pushed(event: PresenceEvent): void {
    if (event.type === "left" && event.reason === "kicked") this.#orders.add(event.peer);
    this.#event(event);
  }

  /** The room knows by the seq of a message whether it is of a newer page (room/departed.ts). */
  #heard(stamp: number, peer: string, visit: number): void {
    const newPage = visit > (this.#leftVisits.get(peer) ?? Number.POSITIVE_INFINITY);
    this.#heardVisits.set(peer, Math.max(visit, this.#heardVisits.get(peer) ?? 0));
    this.#event({ type: "heard", stamp, peer, newPage });
  }

  #ordered(peer: string): void {
    this.#orders.add(peer);
    this.#event({ type: "kicked", peer });
  }

  #ended(stamp: number, socket: Socket): void {
    if (this.#link(stamp).socket !== socket) return;
    this.links[stamp] = { ...NO_SOCKET };
    this.#event({ type: "closed", stamp });
    this.#after(this.#random.between(0, 1_000), () => this.#join(stamp, 1));
  }

  /** The stamp notices that our socket has ended, in its own time. */
  #cut(stamp: number): void {
    const { socket } = this.#link(stamp);
    const server = this.#world.stamps[stamp] as Stamp;
    if (!socket) return;
    const ms = this.#world.path(this.peer, stamp) ? this.#random.between(5, 200) : 20_000;
    this.#world.clock.after(ms, () => server.whenAwake(() => server.disconnect(socket)));
  }

  #negotiate(stamp: number, then: (answer: Answer | null) => void): void {
    const server = this.#world.stamps[stamp] as Stamp;
    const askedAt = this.#world.clock.now;
    let answered = false;
    this.#event({ type: "asked", stamp });
    const failed = this.#after(CALL_TIMEOUT_MS, () => {
      answered = true;
      then(null);
    });
    this.#call(stamp, () => {
      const answer = server.negotiate(this.peer, this.visit, this.#orders);
      const { kicked } = server;
      if (!answer) return this.crash();
      this.#after(this.#random.between(10, 300), () => {
        if (answered || !this.#world.path(this.peer, stamp)) return;
        failed();
        this.#event({ type: "listed", stamp, members: answer.members });
        for (const peer of kicked) this.#ordered(peer);
        this.#checked(stamp, askedAt, answer.socketAdmittedAt);
        then(answer);
      });
    });
  }

  /** A request on its way to the stamp. */
  #call(stamp: number, run: () => void): void {
    const server = this.#world.stamps[stamp] as Stamp;
    this.#world.clock.after(this.#random.between(5, 200), () => {
      if (!this.#world.path(this.peer, stamp) || server.condition === "dead") return;
      server.whenAwake(run);
    });
  }
}

/** As room/recheck.ts: after how long without a connection, if it was asked so often. */
function askedAfterMs(asks: number): number {
  const pauses = Array.from({ length: asks + 1 }, (_, n) => RECHECK_MS[n] ?? 300_000);
  return pauses.reduce((sum, ms) => sum + ms, 0);
}
