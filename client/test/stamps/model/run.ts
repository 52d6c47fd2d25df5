/**
 * Pages in one room of two stamps, in virtual time, while stamps die, freeze and come back, paths
 * break, and pages come, reload, leave, crash and are kicked. Everything from one seed.
 */
import { reach, step } from "../../../src/stamps/presence.js";
import { Clock } from "../../peer/model/clock.js";
import { Random } from "../../peer/model/random.js";
import { Page, type PageWorld } from "./page.js";
import { Stamp } from "./stamp.js";

export interface RunOptions {
  /** A broken one, to see that the run notices. */
  stepper?: typeof step;
  /** Pages that do not ask whether a stamp knows their sockets. */
  checks?: boolean;
}

export interface Result {
  seed: number;
  /** What is wrong; empty if nothing. */
  problems: string[];
  /** ms from the last trouble until every page listed exactly who was there. */
  settledMs: number;
  events: number;
  log: string[];
}

const STAMPS = 2;
const PEERS = ["ann", "bob", "cem", "dia"] as const;
const TROUBLE_MS = 240_000; // in which things happen
const CALM_MS = 160_000; // afterwards
const GHOST_MS = 90_000;
/** A stamp at which both have worked for so long could have told one of the other. */
const SHARED_MS = 45_000;
/** A socket that its stamp does not know is found out by then, if somebody is not connected. */
const UNKNOWN_MS = 100_000;

class Run {
  readonly clock = new Clock();
  readonly random: Random;
  readonly log: string[] = [];
  readonly problems: string[] = [];
  readonly #stamps: Stamp[];
  readonly #world: PageWorld;
  readonly #pages = new Map<string, Page>();
  readonly #cuts = new Set<string>();
  /** When somebody was there for the last time, and the visit. */
  readonly #gone = new Map<string, number>();
  readonly #kicked = new Set<string>();
  /** Pairs for which no path exists: they live by presence alone. */
  readonly #unconnectable: boolean;
  /** No push is lost, or overtakes another: then each page knows at any time what it can know. */
  readonly #exact: boolean;
  /** No push is lost: then each page knows the visits of all the others. */
  readonly #lossless: boolean;
  /** Who has told whom that it leaves, or was kicked: "observer peer". */
  readonly #told = new Set<string>();
  readonly #connectedAt = new Map<string, number>();
  /** Of the newest page of each. */
  readonly #visits = new Map<string, number>();
  #visit = 1;
  #troubled = 0;
  #settled = 0;
  #events = 0;

  constructor(seed: number, options: RunOptions) {
    this.random = new Random(seed);
    const { random, clock } = this;
    const ordered = random.chance(0.4);
    const loss = ordered ? 0 : random.pick([0, 0, 0.02, 0.3]);
    const duplicates = random.pick([0, 0.1]);
    const unheard = random.pick([0, 0.3]);
    this.#exact = ordered;
    this.#lossless = loss === 0 && unheard === 0;
    // Members who are never connected are asked for at most each 5 minutes: a lost push would wait.
    this.#unconnectable = loss === 0 && random.chance(0.6);
    this.#stamps = [...Array(STAMPS).keys()].map((number) => {
      return new Stamp(number, { clock, random, loss, duplicates, unheard, ordered });
    });
    this.#world = {
      clock,
      random,
      stamps: this.#stamps,
      step: options.stepper ?? step,
      checks: options.checks ?? true,
      path: (peer, stamp) => !this.#cuts.has(`${peer} ${stamp}`),
      connected: (page, peer) => this.#connected(page, peer),
      met: (page, peer) => this.#met(page, peer),
      dropped: (page, peer, why) => this.#dropped(page, peer, why),
      note: (text) => this.#note(text),
    };
  }

  go(seed: number): Result {
    for (const peer of PEERS) {
      this.clock.after(this.random.between(0, 20_000), () => this.#come(peer));
    }
    for (let n = 0; n < 14; n += 1) {
      this.clock.after(this.random.between(5_000, TROUBLE_MS), () => this.#disturb());
    }
    this.clock.after(TROUBLE_MS, () => this.#calm());
    for (let ms = 1_000; ms <= TROUBLE_MS + CALM_MS; ms += 1_000) {
      this.clock.after(ms, () => this.#look());
    }
    this.clock.runUntil(TROUBLE_MS + CALM_MS);
    this.problems.push(...this.#differences().map((text) => `at the end ${text}`));
    this.problems.push(...[...this.#pages.values()].flatMap((page) => this.#unknown(page)));
    const { problems, log } = this;
    return {
      seed,
      problems: [...new Set(problems)],
      settledMs: Math.max(0, this.#settled - this.#troubled),
      events: this.#events,
      log,
    };
  }

  #disturb(): void {
    this.#events += 1;
    const peer = this.random.pick(PEERS);
    const stamp = this.random.pick([...this.#stamps.keys()]);
    this.random.pick([
      () => this.#come(peer),
      () => this.#come(peer),
      () => this.#reload(peer),
      () => this.#leave(peer),
      () => this.#crash(peer),
      () => this.#kick(peer),
      () => this.#fail(stamp, "dead"),
      () => this.#fail(stamp, "frozen"),
      () => this.#cut(peer, stamp),
      () => this.#cut(peer, stamp),
      () => this.#ask(peer, stamp),
    ])();
  }

  #come(peer: string): void {
    if (this.#pages.has(peer) || this.#kicked.has(peer)) return;
    this.#note(`${peer} comes`);
    this.#visit += 1;
    this.#gone.delete(peer);
    this.#visits.set(peer, this.#visit);
    for (const name of this.#told) if (name.endsWith(peer)) this.#told.delete(name);
    this.#pages.set(peer, new Page(peer, this.#visit, this.#world));
    for (const other of this.#pages.keys()) {
      if (this.random.chance(0.2)) this.#renewLater(other);
    }
    this.#moved();
  }

  /** A list is asked for while somebody comes: what is pushed meanwhile is newer. */
  #renewLater(peer: string): void {
    const stamp = this.random.pick([...this.#stamps.keys()]);
    this.clock.after(this.random.between(0, 1_500), () => this.#ask(peer, stamp));
  }

  /** The leave of the old page may come after the negotiate of the new one. */
  #reload(peer: string): void {
    if (!this.#pages.has(peer)) return;
    this.#leave(peer);
    this.clock.after(this.random.between(0, 600), () => this.#come(peer));
  }

  #leave(peer: string): void {
    const page = this.#pages.get(peer);
    if (!page) return;
    this.#note(`${peer} leaves`);
    page.leave();
    const hearing = [...this.#pages.values()].filter((other) => this.#connected(other, peer));
    for (const other of hearing) {
      if (this.random.chance(0.9)) this.clock.after(20, () => other.heardBye(peer));
    }
    this.#end(peer);
  }

  #crash(peer: string): void {
    const page = this.#pages.get(peer);
    if (!page) return;
    this.#note(`${peer} crashes`);
    page.crash();
    this.#end(peer);
  }

  /** By a host who is elsewhere, at the stamps that work. */
  #kick(peer: string): void {
    if (!this.random.chance(0.5) || this.#kicked.size > 0) return;
    const working = this.#stamps.filter(({ condition }) => condition === "up");
    const reached = working.filter(() => this.random.chance(0.7));
    if (reached.length === 0) return;
    this.#note(`${peer} is kicked`);
    this.#kicked.add(peer);
    for (const stamp of reached) stamp.kick(peer);
    this.#pages.get(peer)?.crash();
    this.#end(peer);
  }

  #fail(number: number, how: "dead" | "frozen"): void {
    const stamp = this.#stamps[number] as Stamp;
    if (stamp.condition !== "up") return;
    this.#note(`stamp ${number} is ${how}`);
    if (how === "dead") stamp.die();
    else stamp.freeze();
    for (const page of this.#pages.values()) this.#unwell(page, number);
    this.clock.after(this.random.between(1_000, 90_000), () => this.#restore(number));
  }

  #restore(number: number): void {
    const stamp = this.#stamps[number] as Stamp;
    if (stamp.condition === "up") return;
    this.#note(`stamp ${number} is back`);
    stamp.restore();
    this.#moved();
  }

  #cut(peer: string, stamp: number): void {
    const name = `${peer} ${stamp}`;
    if (this.#cuts.has(name)) return;
    this.#note(`the path of ${name} is cut`);
    this.#cuts.add(name);
    this.#pages.get(peer)?.loseSocket(stamp);
    this.clock.after(this.random.between(1_000, 90_000), () => this.#mend(name));
  }

  #mend(name: string): void {
    if (!this.#cuts.delete(name)) return;
    this.#note(`the path of ${name} is whole`);
    this.#moved();
  }

  #ask(peer: string, stamp: number): void {
    this.#pages.get(peer)?.ask(stamp);
  }

  /** From here on everything works; pages still come, leave and reload for a moment. */
  #calm(): void {
    this.#note("all is well");
    for (const number of this.#stamps.keys()) this.#restore(number);
    for (const name of [...this.#cuts]) this.#mend(name);
    this.#moved();
  }

  /** Its connections end; whoever had one notices later (RFC 7675: consent expires in 30 s). */
  #end(peer: string): void {
    for (const other of this.#pages.values()) {
      if (!this.#connected(other, peer)) continue;
      this.clock.after(this.random.between(2_500, 30_000), () => other.lost(peer));
    }
    this.#pages.delete(peer);
    this.#gone.set(peer, this.clock.now);
    for (const name of this.#connectedAt.keys()) {
      if (name.includes(peer)) this.#connectedAt.delete(name);
    }
    this.#moved();
  }

  #moved(): void {
    this.#troubled = this.clock.now;
  }

  #unwell(page: Page, number: number): void {
    const link = page.links[number];
    if (link) link.openSince = null;
  }

  /** Once two list each other, a connection comes up, and works until one of them ends. */
  #connected(page: Page, peer: string): boolean {
    const other = this.#pages.get(peer);
    if (this.#unconnectable || !other || this.#pages.get(page.peer) !== page) return false;
    const at = this.#connectedAt.get([page.peer, peer].sort().join(" "));
    return at !== undefined && at <= this.clock.now;
  }

  #connect(): void {
    for (const page of this.#pages.values()) {
      for (const peer of page.members.keys()) {
        const other = this.#pages.get(peer);
        const name = [page.peer, peer].sort().join(" ");
        if (!other?.members.has(page.peer) || this.#connectedAt.has(name)) continue;
        this.#connectedAt.set(name, this.clock.now + this.random.between(500, 4_000));
      }
    }
  }

  /** Each second. */
  #look(): void {
    const isWell = this.#stamps.every(({ condition }) => condition === "up");
    if (!isWell || this.#cuts.size > 0) this.#moved();
    this.#connect();
    for (const page of this.#pages.values()) this.#heal(page);
    for (const page of this.#pages.values()) {
      for (const peer of page.members.keys()) this.#checkGhost(page, peer);
      if (this.#exact) this.#checkUnion(page);
    }
    if (this.#differences().length > 0) this.#settled = Number.NaN;
    else if (Number.isNaN(this.#settled)) this.#settled = this.clock.now;
  }

  /** A socket whose stamp works again and knows it, and whose path is whole. */
  #heal(page: Page): void {
    for (const [number, link] of page.links.entries()) {
      const { socket } = link;
      const stamp = this.#stamps[number];
      const works = stamp?.condition === "up" && socket?.works() && stamp.knows(socket);
      if (!works) link.openSince = null;
      else link.openSince ??= this.clock.now;
    }
  }

  /** Its sockets of which a stamp has not heard. */
  #unknown(page: Page): string[] {
    const { now } = this.clock;
    const stale = page.links.filter(({ socket, openedAt }, number) => {
      return socket && !this.#stamps[number]?.knows(socket) && now > openedAt + UNKNOWN_MS;
    });
    return stale.map(() => `${page.peer} keeps a socket that is not known`);
  }

  /** Nobody who is gone is listed 90 s after everything is well. */
  #checkGhost(page: Page, peer: string): void {
    const gone = this.#gone.get(peer);
    const well = Math.max(gone ?? 0, this.#troubled);
    if (gone === undefined || this.clock.now < well + GHOST_MS) return;
    this.problems.push(`${page.peer} lists ${peer}, who is gone`);
  }

  /** Where no push is lost or late, what a stamp could have told 45 s ago is known. */
  #checkUnion(page: Page): void {
    for (const [peer, { here }] of page.presence.members) {
      const shared = this.#shared(page, peer);
      if (!here && shared.length > 0) {
        this.problems.push(`${page.peer} calls ${peer} absent, who is there`);
      }
      if (shared.some((stamp) => reach(page.presence, stamp, peer) !== "here")) {
        this.problems.push(`${page.peer} does not know a stamp at which ${peer} is`);
      }
      if (here && this.#isSurelyGone(page, peer)) {
        this.problems.push(`${page.peer} calls ${peer} there, who is gone`);
      }
    }
  }

  /** Gone for so long that each stamp at which the page is could have told it. */
  #isSurelyGone(page: Page, peer: string): boolean {
    const { now } = this.clock;
    const gone = this.#gone.get(peer) ?? now;
    const open = page.links.filter(({ socket }) => socket);
    const isSure = open.every(({ openSince }) => now - (openSince ?? now) > SHARED_MS);
    return now - gone > SHARED_MS && isSure && open.length > 0;
  }

  /** The stamps at which both have worked for so long that each must know of the other. */
  #shared(page: Page, peer: string): number[] {
    const { now } = this.clock;
    const other = this.#pages.get(peer);
    return [...page.links.keys()].filter((stamp) => {
      const since = [page, other].map((each) => each?.links[stamp]?.openSince ?? now);
      return now - Math.max(...since) > SHARED_MS;
    });
  }

  #met(page: Page, peer: string): void {
    if (this.#lossless && this.#gone.has(peer) && this.#told.has(`${page.visit} ${peer}`)) {
      this.problems.push(`${page.peer} lists ${peer} again, who said that it leaves`);
    }
  }

  #dropped(page: Page, peer: string, why: string): void {
    const knewIt = page.toldVisits.get(peer) === this.#visits.get(peer);
    if (why !== "expired" && this.#gone.has(peer) && knewIt) {
      this.#told.add(`${page.visit} ${peer}`);
    }
    // Who was not told of the new page takes the leave of the old one for its own.
    if ((why === "expired" || knewIt) && this.#shared(page, peer).length > 0) {
      this.problems.push(`${page.peer} drops ${peer} (${why}), who is there`);
    }
  }

  /** The union must be who is there. */
  #differences(): string[] {
    const there = [...this.#pages.keys()].sort();
    return [...this.#pages.values()].flatMap((page) => {
      const listed = [page.peer, ...page.members.keys()].sort();
      if (listed.join() === there.join()) return [];
      return [`${page.peer} lists ${listed.join()}, and there are ${there.join()}`];
    });
  }

  #note(text: string): void {
    this.log.push(`${Math.round(this.clock.now)} ${text}`);
  }
}

export function run(seed: number, options: RunOptions = {}): Result {
  return new Run(seed, options).go(seed);
}
