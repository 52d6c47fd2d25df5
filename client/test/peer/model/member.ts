/** One side of the model: a machine, its parked offer, and the recovery of its connection. */
import { type Action, exhausted, type Facts, next } from "../../../src/peer/connecting.js";
import type { step } from "../../../src/peer/negotiation.js";
import { type Before, beforeOf, judge, type Pair } from "../../../src/peer/pairs.js";
import type { Description, Negotiation, Offer } from "../../../src/wire/protocol.js";
import { asAnswer, type ModelConnection, type World } from "./connection.js";
import { Machine, type MachinePorts } from "./machine.js";

export interface MemberPorts {
  nextSeq(): number;
  send(seq: number, message: Negotiation): void;
  /** For whoever comes. */
  park(seq: number, message: Negotiation): void;
  changed(): void;
}

type Timed = "described" | "failed" | "disconnected" | "broken" | "news";

const STALE_MS = 2_500;

export class Member {
  peer: Machine | null = null;
  readonly reports: string[] = [];
  gaveUp = false;
  readonly #world: World;
  readonly #polite: boolean;
  readonly #ports: MemberPorts;
  readonly #stepper: typeof step | undefined;
  readonly #seen = new Set<number>();
  /** By the seq of the offer that waits, or -1 while it is being made. */
  #parking: { machine: Machine; offer: Offer | null }[] = [];
  #adopted: Machine | null = null;
  #pair: (Pair & { pc: string }) | null = null;
  #wasUp = false;
  #times: { [K in Timed]?: number | null } = {};
  #since = 0;
  #tries = 0;
  #tried = 0;
  #stage: Facts["stage"] = "direct";
  #escalated: number | null = null;
  #cancel = () => {};
  #gone = false;

  constructor(world: World, polite: boolean, ports: MemberPorts, stepper?: typeof step) {
    this.#world = world;
    this.#polite = polite;
    this.#ports = ports;
    this.#stepper = stepper;
  }

  /** "offer": we may offer. "wait": they do. */
  meet(start: "offer" | "wait"): Machine {
    this.#since = this.#world.clock.now;
    this.peer ??= this.#machine(start === "offer" ? "idle" : "waiting", this.#peerPorts());
    return this.peer;
  }

  /** An offer in place of those that wait. */
  park(): void {
    for (const { machine } of this.#parking) machine.dispatch({ type: "close" });
    this.#parking = [];
    this.bring();
  }

  /** One offer more. */
  bring(): void {
    const parked: { machine?: Machine; offer: Offer | null } = { offer: null };
    const ports = {
      ...this.#peerPorts(),
      send: (seq: number, message: Negotiation) => {
        if (message.kind !== "offer") return;
        parked.offer = { seq, body: message.body };
        this.#ports.park(seq, message);
      },
      changed: () => {},
    };
    parked.machine = this.#machine("waiting", ports);
    this.#parking.push(parked as { machine: Machine; offer: Offer | null });
    parked.machine.dispatch({ type: "park" });
  }

  /** The offer finds another peer. */
  useElsewhere(seq: number): void {
    this.#take(seq)?.machine.dispatch({ type: "close" });
  }

  /** A stamp, or the other one, says that our offer of the seq `answered` and theirs are a pair. */
  pair(theirs: Offer, answered: number, isTold: boolean): void {
    const before = this.#before;
    const offers = this.#polite;
    const isFree = this.#parking.some(({ offer }) => offer?.seq === answered);
    const verdict = judge({ ours: answered, theirs: theirs.seq, offers }, before, isFree);
    const parked = verdict === "use" ? this.#take(answered) : null;
    if (parked?.offer) this.#use(parked.machine, parked.offer, theirs, isTold);
    else if (verdict !== "ignore") this.#offerInstead(before);
  }

  #use(machine: Machine, ours: Offer, theirs: Offer, isTold: boolean): void {
    const offers = this.#polite;
    const { pc } = (offers ? ours : theirs).body;
    this.#pair = { pc, ours: ours.seq, theirs: theirs.seq, offers };
    this.#adopted = machine;
    const told = { ...ours.body, pc, answered: theirs.seq };
    const message: Negotiation = offers
      ? { kind: "offer", body: told }
      : { kind: "answer", body: { ...told, sdp: asAnswer(told.sdp, theirs.body.sdp) } };
    const body = { ...theirs.body, pc, sdp: asAnswer(theirs.body.sdp, ours.body.sdp) };
    const event = { ours: { seq: ours.seq, message }, theirs: { seq: theirs.seq, body } };
    this.meet("wait").dispatch({ type: "pair", ...event, isTold });
    this.#since = this.#world.clock.now;
  }

  #offerInstead(before: Before): void {
    if (!this.peer) this.meet("offer");
    else {
      const type = before === "new" ? "restart" : "replace";
      this.peer.dispatch({ type, fresh: this.peer.fresh });
    }
  }

  get #before(): Before {
    return this.peer ? beforeOf(this.peer.state, this.#pair, this.#wasUp) : "new";
  }

  #take(seq: number): { machine: Machine; offer: Offer | null } | undefined {
    const found = this.#parking.find(({ offer }) => offer?.seq === seq);
    this.#parking = this.#parking.filter((each) => each !== found);
    return found;
  }

  receive(seq: number, message: Negotiation): void {
    if (this.#gone) return;
    if ("answered" in message.body && message.body.answered !== undefined) {
      this.pair({ seq, body: message.body as Description }, message.body.answered, true);
      return;
    }
    const { pc } = message.body;
    const parked = this.#parking.find(({ machine }) => machine.state.pc === pc);
    if (message.kind === "answer" && parked?.offer) {
      const peer = this.meet("wait");
      this.#adopted = this.#take(parked.offer.seq)?.machine ?? null;
      peer.dispatch({ type: "claim", pc, answerSeq: seq });
      const pair = { pc, ours: parked.offer.seq, theirs: seq, offers: true };
      if (peer.state.pc === pc) this.#pair = pair;
      this.#since = this.#world.clock.now;
    }
    const start = message.kind === "offer" || message.kind === "candidates" ? "wait" : "offer";
    this.#deliver(this.peer ?? this.meet(start), seq, message);
  }

  /** The other side came (again): it hears now. */
  joined(): void {
    const { peer } = this;
    if (!peer) return;
    peer.dispatch({ type: "heard" });
    if (peer.state.up || !this.#stale) return;
    this.#tries = 0;
    this.#stage = "direct";
    this.#times.news = this.#world.clock.now;
    this.decide();
  }

  /** The network says something about the connection. */
  note(time: Exclude<Timed, "news">): void {
    this.#times[time] = this.#world.clock.now;
    if (time === "broken") this.peer?.dispatch({ type: "broke" });
    this.decide();
  }

  up(): void {
    this.#wasUp = true;
    this.#times = {};
    this.#tries = 0;
    this.#stage = "direct";
    this.#escalated = null;
    this.gaveUp = false;
    this.peer?.dispatch({ type: "up" });
  }

  down(): void {
    this.#since = this.#world.clock.now;
    this.peer?.dispatch({ type: "down" });
  }

  leave(): void {
    this.#gone = true;
    this.#cancel();
    this.peer?.dispatch({ type: "close" });
    for (const { machine } of this.#parking) machine.dispatch({ type: "close" });
  }

  get #stale(): boolean {
    return !this.peer?.state.up && this.#world.clock.now - this.#since > STALE_MS;
  }

  decide(): void {
    this.#cancel();
    if (!this.peer || this.#gone) return;
    const due = next(this.#facts(this.peer));
    if (!due) return;
    this.#cancel = this.#world.clock.after(due.at - this.#world.clock.now, () =>
      this.#act(due.action),
    );
  }

  #act(action: Action): void {
    const { peer } = this;
    const { now } = this.#world.clock;
    if (!peer) return;
    if (action.type === "escalate") {
      this.#stage = action.stage;
      this.#escalated = now;
      peer.dispatch({ type: "restart", fresh: peer.fresh });
    } else {
      this.#times.news = null;
      this.#tries += 1;
      this.#tried = now;
      if (action.type === "giveUp") this.gaveUp = true;
      else if (action.type === "ask") peer.dispatch({ type: "ask", seq: this.#ports.nextSeq() });
      else peer.dispatch({ type: action.type, fresh: peer.fresh });
    }
    this.decide();
  }

  #facts(peer: Machine): Facts {
    const { described, failed, disconnected, broken, news } = this.#times;
    return {
      polite: this.#polite,
      absent: false,
      up: peer.state.up,
      reached: peer.state.up,
      since: this.#since,
      described: described ?? null,
      failed: failed ?? null,
      disconnected: disconnected ?? null,
      silent: null,
      broken: broken ?? null,
      news: news ?? null,
      tries: this.#tries,
      tried: this.#tried,
      jitter: 0.5,
      stage: this.#stage,
      escalated: this.#escalated,
      asking: false,
      turn: {
        ...{ allowed: true, relayed: false, fresh: false },
        need: { relays: "none", certain: false },
      },
    };
  }

  get exhausted(): boolean {
    return exhausted({ tries: this.#tries });
  }

  #deliver(peer: Machine, seq: number, message: Negotiation): void {
    switch (message.kind) {
      case "offer":
        peer.dispatch({ type: "offer", seq, body: message.body, fresh: peer.fresh });
        break;
      case "answer":
        peer.dispatch({ type: "answer", seq, body: message.body, fresh: peer.fresh });
        break;
      case "candidates":
        peer.dispatch({ type: "candidates", body: message.body });
        break;
      case "floor":
        peer.dispatch({ type: "floor", ...message.body });
        break;
      case "restart":
        if (this.#seen.has(seq)) break;
        this.#seen.add(seq);
        peer.dispatch({ type: "asked", ...message.body, stale: this.#stale, fresh: peer.fresh });
    }
  }

  #machine(phase: "idle" | "waiting", ports: MachinePorts): Machine {
    const pc = this.#world.unique("pc");
    const stepper = this.#stepper ? { stepper: this.#stepper } : {};
    return new Machine({ pc, polite: this.#polite, phase, world: this.#world, ports, ...stepper });
  }

  #peerPorts(): MachinePorts {
    const member = this;
    let link: ModelConnection | null = null;
    let round: ModelConnection["current"] = null;
    return {
      nextSeq: () => this.#ports.nextSeq(),
      send: (seq, message) => this.#ports.send(seq, message),
      changed: () => {
        const peer = this.peer;
        if (!peer) return;
        if (link !== peer.link) {
          link = peer.link;
          this.#replaced();
        }
        if (round !== link.current) {
          round = link.current;
          if (round && !peer.state.up) this.#times.described = this.#world.clock.now;
        }
        this.#ports.changed();
        this.decide();
      },
      report: (code) => void this.reports.push(code),
      adopt: () => this.#adopt(),
      get bring() {
        return member.#stage === "both";
      },
      prepareMs: () => (this.#world.random.chance(0.1) ? this.#world.random.between(0, 1_000) : 0),
    };
  }

  #replaced(): void {
    this.#wasUp = false;
    this.#times = { news: this.#times.news ?? null };
    this.#since = this.#world.clock.now;
  }

  #adopt(): ModelConnection {
    return (this.#adopted as Machine).link;
  }
}
