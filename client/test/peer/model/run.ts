/** Two members against each other, over a bad network, in virtual time. Everything from one seed. */
import type { step } from "../../../src/peer/negotiation.js";
import type { Negotiation, Offer } from "../../../src/wire/protocol.js";
import { Clock } from "./clock.js";
import {
  asAnswer,
  type ModelConnection,
  sameCredentials,
  sameRound,
  type World,
} from "./connection.js";
import { Member } from "./member.js";
import { Random } from "./random.js";

export interface RunOptions {
  /** A broken one, to see that the run notices. */
  stepper?: typeof step;
  /** The network loses and duplicates nothing, and keeps the order. */
  perfect?: boolean;
  /** Nothing happens but the meeting itself. */
  quiet?: boolean;
  /** Nothing happens but that tracks are added, and much of that. */
  tracksOnly?: boolean;
  /** How many operations the browsers refuse, in all; drawn from the seed by default. */
  refusals?: number;
}

export interface Result {
  seed: number;
  scenario: string;
  /** Both stable, the same pair, the same last offer and answer, connected, nothing left to say. */
  connected: boolean;
  /** What is wrong; empty if nothing. */
  problems: string[];
  /** Virtual ms from the last disturbance until it was connected and stable. */
  settledMs: number;
  /** The longest time that a browser in use was not stable, in ms. */
  unstableMs: number;
  /** Offers made, by both. */
  offers: number;
  messages: number;
  refusals: number;
  /** Offers that were taken back after the first round. */
  rollbacks: number;
  gaveUp: boolean;
  log: string[];
}

const CHAOS_MS = 15_000; // in which things happen
const MEET_MS = 3_000; // when b comes, where an offer is parked first
const TRACKS = 12;
const END_MS = 400_000;
const MAX_MESSAGES = 1_000;
const IN_BAND_AGAIN_MS = 50;
const SIDES = ["a", "b"] as const;
type Name = (typeof SIDES)[number];
const STARTS = [
  ...["a offers", "b offers", "both offer"],
  ...["a parks", "a parks, is told", "withdrawn"],
  ...["a parks, b brings", "a parks, b brings, is told", "withdrawn, b brings"],
  ...["two stamps, one offer each", "two stamps, two offers each", "two stamps, one pairs"],
];

export class Run {
  readonly clock = new Clock();
  readonly random: Random;
  readonly scenario: string;
  readonly log: string[] = [];
  readonly #members = {} as Record<Name, Member>;
  readonly #generation: Record<Name, number> = { a: 0, b: 0 };
  readonly #options: RunOptions;
  readonly #loss: number;
  readonly #duplicates: number;
  readonly #aPolite: boolean;
  /** Whose browser keeps the RTP extension ids of an offer that was rolled back. */
  readonly #bound: Name | "nobody";
  #refusals: number;
  #refused = 0;
  #unique = 0;
  #seq = 0;
  #offers = 0;
  #messages = 0;
  #epoch = 0; // of the network's paths
  #connected: [ModelConnection, ModelConnection] | null = null;
  #inBand: Record<Name, number> = { a: 0, b: 0 }; // when the last message in the channel arrives
  readonly #iceBegan = new Map<string, number>();
  #coming = false;
  #disturbed = 0;
  #settled = 0;
  readonly #parked: Record<Name, Offer[]> = { a: [], b: [] };
  #rollbacks = 0;
  #unstableMs = 0;
  readonly #unstableSince = new Map<ModelConnection, number>();
  #bThere = false;

  constructor(seed: number, options: RunOptions = {}) {
    this.random = new Random(seed);
    const { random } = this;
    this.#options = options;
    this.scenario = random.pick(STARTS);
    this.#aPolite = random.chance(0.5);
    this.#loss = options.perfect ? 0 : random.pick([0, 0.1, 0.3]);
    this.#duplicates = options.perfect ? 0 : random.pick([0, 0.2]);
    this.#bound = random.pick(["a", "b", "nobody"]);
    this.#refusals = options.refusals ?? random.pick([0, 0, 0, 1, 2, 4]);
  }

  go(seed: number): Result {
    for (const name of SIDES) this.#members[name] = this.#member(name);
    this.#start();
    const { quiet: isQuiet, tracksOnly } = this.#options;
    const disturbances = isQuiet || tracksOnly ? 0 : 4;
    for (let n = 0; n < disturbances; n += 1) this.#disturbLater();
    for (let n = 0; tracksOnly && n < TRACKS; n += 1) this.#addTracksLater();
    const quiet = this.clock.runUntil(END_MS);
    const problems = [...this.#problems(), ...(quiet ? [] : ["it is not quiet"])];
    return {
      seed,
      scenario: this.scenario,
      connected: problems.length === 0,
      problems,
      settledMs: Math.max(0, this.#settled - this.#disturbed),
      unstableMs: this.#unstableMs,
      offers: this.#offers,
      messages: this.#messages,
      refusals: this.#refused,
      rollbacks: this.#rollbacks,
      gaveUp: SIDES.some((name) => this.#members[name].reports.length > 0),
      log: this.log,
    };
  }

  #member(name: Name): Member {
    const other = name === "a" ? "b" : "a";
    const ports = {
      nextSeq: () => this.#seq++,
      send: (seq: number, message: Negotiation) => this.#send(name, other, seq, message),
      park: (seq: number, message: Negotiation) => {
        if (message.kind === "offer") this.#parked[name].push({ seq, body: message.body });
      },
      changed: () => this.#look(),
    };
    const polite = (name === "a") === this.#aPolite;
    return new Member(this.#world(name), polite, ports, this.#options.stepper);
  }

  #world(name: Name): World {
    return {
      bound: name === this.#bound,
      clock: this.clock,
      random: this.random,
      refuses: () => this.#refuses(),
      rolledBack: (isFirst) => {
        if (!isFirst) this.#rollbacks += 1;
      },
      unique: (prefix) => `${prefix}${this.#unique++}`,
      note: (text) => this.#note(text),
    };
  }

  #refuses(): boolean {
    if (this.#refused >= this.#refusals || !this.random.chance(0.2)) return false;
    this.#refused += 1;
    this.#disturbed = this.clock.now;
    return true;
  }

  #start(): void {
    const { a } = this.#members;
    const late =
      !this.#options.quiet && !this.#options.tracksOnly && this.random.chance(0.3)
        ? this.random.between(0, 5_000)
        : 0;
    if (this.scenario.startsWith("two stamps")) {
      for (const name of SIDES) this.#members[name].park();
      if (this.scenario.endsWith("two offers each")) {
        for (const name of SIDES) this.#members[name].bring();
      }
      this.clock.after(MEET_MS + late, () => this.#meetAtTwoStamps());
    } else if (this.scenario.startsWith("a parks") || this.scenario.startsWith("withdrawn")) {
      a.park();
      if (this.scenario.includes("b brings")) this.#members.b.park();
      this.clock.after(MEET_MS + late, () => this.#takeParked());
    } else {
      if (this.scenario !== "b offers") a.meet("offer");
      else a.meet("wait");
      this.clock.after(late, () => this.#enter(this.scenario === "a offers" ? "wait" : "offer"));
    }
  }

  #enter(start: "offer" | "wait"): void {
    this.#note("b comes");
    this.#bThere = true;
    this.#disturbed = this.clock.now;
    this.#members.b.meet(start);
    this.#members.a.joined();
  }

  #takeParked(): void {
    const { a, b } = this.#members;
    const parked = this.#parked.a.at(-1);
    this.#note(`b comes${parked ? ` and takes offer ${parked.seq}` : ""}`);
    this.#bThere = true;
    this.#disturbed = this.clock.now;
    if (this.scenario.includes("is told")) a.meet("wait");
    if (this.scenario.startsWith("withdrawn")) {
      a.meet("wait");
      a.park();
    }
    const [brought] = this.#parked.b;
    if (parked && brought) {
      this.#pair("b", { a: parked, b: brought });
      return;
    }
    b.meet(parked ? "wait" : "offer");
    if (parked) b.receive(parked.seq, { kind: "offer", body: parked.body });
    if (!parked) a.meet("wait");
  }

  /** What a stamp does with two offers: the newcomer gets one by its list, the other by a push. */
  #pair(newcomer: Name, offers: Record<Name, Offer>): void {
    const member = newcomer === "a" ? "b" : "a";
    const [theirs, brought] = [offers[member], offers[newcomer]];
    if (!this.random.chance(this.#loss)) this.#push(member, theirs, brought);
    this.#members[newcomer].pair(theirs, brought.seq, false);
  }

  /** As `signaling/offers.py` does it: to the polite side, whose offer counts as one, an answer. */
  #push(to: Name, theirs: Offer, { seq, body }: Offer): void {
    const answered = theirs.seq;
    if ((to === "a") === this.#aPolite) {
      const [sdp, { pc }] = [asAnswer(body.sdp, theirs.body.sdp), theirs.body];
      this.#deliver(to, seq, { kind: "answer", body: { ...body, pc, sdp, answered } });
    } else {
      this.#deliver(to, seq, { kind: "offer", body: { ...body, answered } });
    }
  }

  /** Two stamps see them come in an order of their own, and make a pair each of what they have. */
  #meetAtTwoStamps(): void {
    const { random } = this;
    this.#note("both come");
    this.#bThere = true;
    this.#disturbed = this.clock.now;
    if (SIDES.some((name) => this.#parked[name].length === 0)) {
      this.#members.a.meet("wait"); // a browser has refused to make an offer
      this.#members.b.meet("offer");
      return;
    }
    for (let stamp = 0; stamp < 2; stamp += 1) {
      const newcomer = random.pick(SIDES);
      const offers = { a: random.pick(this.#parked.a), b: random.pick(this.#parked.b) };
      const pairs = stamp === 0 || !this.scenario.endsWith("one pairs");
      this.clock.after(random.between(0, 300), () => {
        if (!pairs) {
          this.#list(newcomer);
          return;
        }
        if (random.chance(0.1)) this.#useElsewhere();
        this.#note(`stamp ${stamp} pairs ${offers.a.seq} and ${offers.b.seq}`);
        this.#pair(newcomer, offers);
      });
    }
  }

  /** This stamp has no offer of the member any more: the newcomer offers, unless they have met. */
  #list(newcomer: Name): void {
    this.#note(`${newcomer} is listed the other, without an offer`);
    const member = newcomer === "a" ? "b" : "a";
    if (!this.#members[newcomer].peer) this.#members[newcomer].meet("offer");
    this.clock.after(20, () => this.#members[member].meet("wait"));
  }

  #useElsewhere(): void {
    const name = this.random.pick(SIDES);
    const { seq } = this.random.pick(this.#parked[name]);
    this.#note(`${name} uses offer ${seq} with somebody else`);
    this.#members[name].useElsewhere(seq);
  }

  /** Many within the same round, from the moment in which they meet. */
  #addTracksLater(): void {
    const add = this.random.pick([
      () => this.#track("a"),
      () => this.#track("b"),
      () => this.#tracks(),
    ]);
    this.clock.after(MEET_MS + this.random.between(0, 1_500), () => {
      this.#disturbed = this.clock.now;
      add();
    });
  }

  #disturbLater(): void {
    const what = this.random.pick([
      () => this.#track("a"),
      () => this.#track("b"),
      () => this.#tracks(),
      () => this.#restart(),
      () => this.#break(),
      () => this.#reload("a"),
      () => this.#reload("b"),
      () => this.#replace(),
      () => {},
      () => {},
      () => {},
    ]);
    this.clock.after(this.random.between(0, CHAOS_MS), () => {
      if (!this.#bThere) return;
      this.#disturbed = this.clock.now;
      what();
    });
  }

  #track(name: Name): void {
    this.#note(`${name} adds a track`);
    this.#members[name].peer?.link.addTrack();
  }

  /** Glare by design: both add media in the same moment. */
  #tracks(): void {
    for (const name of SIDES) this.#track(name);
  }

  #restart(): void {
    const { peer } = this.#members[this.random.pick(SIDES)];
    if (!peer) return;
    this.#note("a restart");
    if (peer.state.polite) peer.dispatch({ type: "ask", seq: this.#seq++ });
    else peer.dispatch({ type: "restart", fresh: peer.fresh });
  }

  #replace(): void {
    const { peer } = this.#members[this.random.pick(SIDES)];
    this.#note("a new pair");
    peer?.dispatch({ type: "replace", fresh: peer.fresh });
  }

  /** The path is gone; only a restart of ICE finds another. */
  #break(): void {
    this.#note("the network breaks");
    this.#epoch += 1;
    this.#down("disconnected");
  }

  #reload(name: Name): void {
    const other = name === "a" ? "b" : "a";
    if (!this.#members[other].peer) return;
    this.#note(`${name} reloads`);
    this.#generation[name] += 1;
    this.#members[name].leave();
    this.#members[name] = this.#member(name);
    this.clock.after(this.random.between(50, 2_000), () => {
      this.#disturbed = this.clock.now;
      this.#members[name].meet("offer");
      this.#members[other].joined();
    });
  }

  /** In the channel while it is open: in order. Through the servers: with all that can happen. */
  #send(from: Name, to: Name, seq: number, message: Negotiation): void {
    this.#note(`${from} sends ${message.kind} ${seq} of ${message.body.pc}`);
    this.#messages += 1;
    if (this.#messages > MAX_MESSAGES) throw new Error("It goes in circles.");
    if (message.kind === "offer") this.#offers += 1;
    const { peer } = this.#members[from];
    if (peer?.state.up && this.#connected) {
      const at = Math.max(this.#inBand[to], this.clock.now + this.random.between(1, 40));
      this.#inBand[to] = at;
      this.#arriveInBand(at - this.clock.now, this.#connected, to, [seq, message]);
      return;
    }
    if (message.kind === "floor") return; // it goes in the channel only
    if (this.random.chance(this.#loss)) return;
    this.#deliver(to, seq, message);
    if (this.random.chance(this.#duplicates)) this.#deliver(to, seq, message);
  }

  /** The channel is reliable: what is under way when the path goes arrives when it is back. */
  #arriveInBand(
    ms: number,
    pair: [ModelConnection, ModelConnection],
    to: Name,
    message: [number, Negotiation],
  ): void {
    this.clock.after(ms, () => {
      if (!this.#links()?.every((link, n) => link === pair[n])) return;
      if (this.#connected) this.#members[to].receive(...message);
      else this.#arriveInBand(IN_BAND_AGAIN_MS, pair, to, message);
    });
  }

  #deliver(to: Name, seq: number, message: Negotiation): void {
    const slow = !this.#options.perfect && this.random.chance(0.05);
    const spread = this.#options.perfect ? 0 : 80;
    const ms = slow ? this.random.between(100, 3_000) : 20 + this.random.between(0, spread);
    const generation = this.#generation[to];
    this.clock.after(ms, () => {
      if (to === "b" && !this.#bThere) return;
      if (generation === this.#generation[to]) this.#members[to].receive(seq, message);
    });
  }

  /** Has the pair of connections come up, or gone down? */
  #look(): void {
    const links = this.#links();
    if (this.#connected) {
      const same = links?.every((link, n) => link === this.#connected?.[n]);
      const closed = this.#connected.some((link) => link.signalingState === "closed");
      if (!same || closed) this.#down(this.random.chance(0.5) ? "broken" : "disconnected");
    }
    if (links && !this.#connected && !this.#coming && this.#works(links)) this.#comeUp(links);
    this.#checkSettled();
  }

  /** ICE that began before the network broke finds no path any more. */
  #works(links: [ModelConnection, ModelConnection]): boolean {
    if (!sameCredentials(...links)) return false;
    const credentials = links.map((link) => link.current?.local.ufrag).join();
    const began = this.#iceBegan.get(credentials) ?? this.#epoch;
    this.#iceBegan.set(credentials, began);
    return began === this.#epoch;
  }

  #comeUp(links: [ModelConnection, ModelConnection]): void {
    this.#coming = true;
    this.clock.after(this.random.between(10, 300), () => {
      this.#coming = false;
      const now = this.#links();
      if (now?.every((link, n) => link === links[n]) && this.#works(now)) {
        this.#connected = now;
        this.#bothUp(now);
      }
      this.#look();
    });
  }

  /** The channel opens on one side after the other: what that one says may come before. */
  #bothUp(links: [ModelConnection, ModelConnection]): void {
    const isFirstA = !this.#options.tracksOnly || this.random.chance(0.5);
    const [first, second] = isFirstA ? SIDES : (["b", "a"] as const);
    this.#members[first].up();
    const follow = () => {
      if (this.#connected === links) this.#members[second].up();
    };
    if (this.#options.tracksOnly) this.clock.after(this.random.between(0, 30), follow);
    else follow();
  }

  #down(how: "disconnected" | "broken"): void {
    const pair = this.#connected;
    if (!pair) return;
    this.#connected = null;
    for (const [n, name] of SIDES.entries()) {
      const member = this.#members[name];
      if (member.peer?.link !== pair[n]) continue;
      member.down();
      this.clock.after(this.random.between(0, 100), () => {
        if (member.peer?.link === pair[n] && !this.#connected) member.note(how);
      });
    }
  }

  #links(): [ModelConnection, ModelConnection] | null {
    const [a, b] = SIDES.map((name) => this.#members[name].peer?.link);
    return a && b ? [a, b] : null;
  }

  /** How long each connection that is in use is not stable at a time. */
  #measure(): void {
    for (const link of this.#links() ?? []) {
      const since = this.#unstableSince.get(link);
      if (link.signalingState === "stable") {
        this.#unstableSince.delete(link);
        if (since !== undefined)
          this.#unstableMs = Math.max(this.#unstableMs, this.clock.now - since);
      } else if (since === undefined) {
        this.#unstableSince.set(link, this.clock.now);
      }
    }
  }

  #checkSettled(): void {
    this.#measure();
    if (this.#problems().length > 0) this.#settled = Number.NaN;
    else if (Number.isNaN(this.#settled) || this.#settled < this.#disturbed) {
      this.#settled = this.clock.now;
    }
  }

  #problems(): string[] {
    const links = this.#links();
    const [a, b] = SIDES.map((name) => this.#members[name].peer);
    if (!links || !a || !b) return ["one is not there"];
    const problems = [a, b].flatMap(({ state, link }) => [
      ...(state.phase === "idle" ? [] : [`the phase is ${state.phase}`]),
      ...(link.signalingState === "stable" ? [] : [`the browser is ${link.signalingState}`]),
      ...(state.up ? [] : ["the channel is closed"]),
      ...(link.negotiationNeeded ? ["negotiation is needed"] : []),
    ]);
    if (a.state.pc !== b.state.pc) problems.push("the pairs differ");
    if (!sameRound(...links)) problems.push("the offers and answers differ");
    return problems;
  }

  #note(text: string): void {
    this.log.push(`${Math.round(this.clock.now)} ${text}`);
  }
}

export function run(seed: number, options: RunOptions = {}): Result {
  return new Run(seed, options).go(seed);
}
