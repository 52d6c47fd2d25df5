/**
 * Carries out what negotiation.ts decides: it holds the state and the link. It decides only this:
 *
 * | What goes wrong | Then |
 * |---|---|
 * | there is no other connection now, and a message or a try asks for it | as if that were lost |
 * | the same, and the browser has refused a description | the pair is broken; it is reported |
 * | something throws while an effect is carried out | its operation has failed; it is reported |
 */
import { createPc } from "../wire/ids.js";
import {
  type Description,
  type Envelope,
  MAX_SDP_CHARACTERS,
  type Network,
} from "../wire/protocol.js";
import { fitsServers } from "../wire/shape.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";
import type { Link } from "./link.js";
import { initial, step } from "./negotiation.js";
import type { Effect, Event, State, Step } from "./negotiation-types.js";

/** What the negotiation asks of whoever owns it. */
export interface NegotiatorPorts {
  readonly signaling: SignalingChannel;
  /** The peer that messages go to; none if the offer is parked. */
  readonly to?: string;
  /** Should the other side bring TURN candidates too? */
  readonly bring: boolean;
  /** What we know of our network, to be told. */
  readonly network: Network | null;
  /** Before we describe ourselves, in answer to `offer` or not. Undefined if nothing is missing. */
  prepare(offer: Description | null): Promise<unknown> | undefined;
  /** It is about to happen. */
  before(effect: Effect): void;
  /** A new link; null if there can be none now. */
  open(): Link | null;
  /** The link that was parked, which is to be used now; or it is not wanted. */
  adopt(): Link;
  release(): void;
  /** There is another link in place of `old`. */
  replaced(old: Link): void;
  close(link: Link): void;
  /** It cannot go on by itself. */
  report(code: Report): void;
}

export type Report = Extract<Effect, { type: "report" }>["code"] | "unexpected";

export interface NegotiatorSetup {
  /** Names the pair of connections. */
  pc: string;
  polite: boolean;
  phase: "idle" | "waiting";
  link: Link;
}

type Of<T extends Effect["type"]> = Extract<Effect, { type: T }>;

/** In these phases what we have described was sent, so candidates may follow (RFC 8838 §9). */
const CANDIDATES_MAY_FOLLOW = new Set<State["phase"]>([
  "idle",
  "blocked",
  "asking",
  "granted",
  "offered",
]);

export class Negotiator {
  #state: State;
  #link: Link;
  readonly #ports: NegotiatorPorts;
  readonly #random: () => number;
  readonly #queue: Event[] = [];
  readonly #operations: { readonly [T in Effect["type"]]: (effect: Of<T>) => void } = {
    prepare: (effect) => this.#prepare(effect),
    restartIce: () => this.#link.connection.restartIce(),
    describe: (effect) => this.#describe(effect),
    set: (effect) => this.#set(effect),
    rollback: (effect) => this.#rollback(effect),
    add: ({ candidates }) => this.#link.add(candidates),
    send: (effect) => this.#send(effect),
    repeatLater: (effect) => this.#repeatLater(effect),
    wait: ({ op, ms }) => setTimeout(() => this.dispatch({ type: "waited", op }), ms),
    replace: () => this.#use(this.#next ?? this.#link),
    adopt: () => this.#use(this.#ports.adopt()),
    release: () => this.#ports.release(),
    close: () => this.#ports.close(this.#link),
    report: ({ code }) => this.#ports.report(code),
  };
  #running = false;
  #next: Link | null = null; // for the effect "replace"
  #ended = false;

  constructor(
    { link, ...setup }: NegotiatorSetup,
    ports: NegotiatorPorts,
    random: () => number = Math.random,
  ) {
    this.#state = initial(setup);
    this.#link = link;
    this.#ports = ports;
    this.#random = random;
  }

  get state(): State {
    return this.#state;
  }

  get link(): Link {
    return this.#link;
  }

  /** Something happened. What the effects cause in turn waits until they are all carried out. */
  dispatch(event: Event): void {
    if (this.#ended) return;
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let each = this.#queue.shift(); each; each = this.#queue.shift()) this.#take(each);
    } finally {
      this.#running = false;
    }
  }

  /** Ends here; the link goes on with somebody else. */
  end(): void {
    this.#ended = true;
  }

  #take(event: Event): void {
    const [state, effects] = this.#step(event);
    this.#state = state;
    for (const effect of effects) this.#carry(effect);
    if (CANDIDATES_MAY_FOLLOW.has(this.#state.phase)) this.#link.sendCandidates();
  }

  /** See the table above. */
  #step(event: Event): Step {
    const next = step(this.#state, event);
    if (!next[1].some(({ type }) => type === "replace")) return next;
    this.#next = this.#ports.open();
    if (this.#next) return next;
    if (!("op" in event)) return [this.#state, []];
    this.#ports.report("negotiation_failed");
    return step(this.#state, { type: "broke" });
  }

  #carry(effect: Effect): void {
    try {
      this.#ports.before(effect);
      (this.#operations[effect.type] as (effect: Effect) => void)(effect);
    } catch {
      this.#ports.report("unexpected");
      if (!("op" in effect)) return;
      // A description without what was to be prepared is better than none.
      const type = effect.type === "prepare" ? "prepared" : "failed";
      this.dispatch({ type, op: effect.op, fresh: createPc() });
    }
  }

  #use(link: Link): void {
    const old = this.#link;
    this.#link = link;
    if (link !== old) this.#ports.replaced(old);
  }

  #prepare({ op, offer }: Of<"prepare">): void {
    const prepared = () => this.dispatch({ type: "prepared", op });
    const preparing = this.#ports.prepare(offer);
    if (preparing) void preparing.then(prepared, prepared);
    else prepared();
  }

  #describe({ op, gatherMs }: Of<"describe">): void {
    this.#operate(op, this.#link.describe(gatherMs), (described) => {
      const { bring, network, signaling } = this.#ports;
      const { slots } = this.#link;
      const told = {
        ...(bring ? { relay: true } : {}),
        ...(network ? { network } : {}),
        ...(slots ? { slots: slots.map(({ mid }) => mid ?? "") } : {}),
      };
      return { type: "described", op, seq: signaling.nextSeq(), ...described, ...told };
    });
  }

  #set({ op, kind, body, candidates, renamed }: Of<"set">): void {
    if (renamed) this.#link.forgetCandidates();
    const all = [...(body.candidates ?? []), ...candidates];
    this.#operate(op, this.#link.set(kind, body.sdp, all), () => ({ type: "set", op }));
  }

  #rollback({ op, side }: Of<"rollback">): void {
    this.#operate(op, this.#link.rollback(side), () => {
      return { type: "rolledBack", op, fresh: createPc() };
    });
  }

  /** What a link says counts only while it is the one. */
  #operate<T>(op: number, operation: Promise<T>, done: (value: T) => Event): void {
    const link = this.#link;
    const isCurrent = () => link === this.#link && !this.#ended;
    void operation
      .then((value) => (isCurrent() ? done(value) : null))
      .catch((): Event => ({ type: "failed", op, fresh: createPc() }))
      .then((event) => event && isCurrent() && this.dispatch(event));
  }

  /** In the channel while it is open, which carries up to 256 KiB; else through the servers. */
  #send({ seq, message }: Of<"send">): void {
    const { signaling, to } = this.#ports;
    const envelope: Envelope = { v: 1, seq: seq ?? signaling.nextSeq(), ...message };
    if (this.#link.up && this.#link.channel.trySend(envelope)) return;
    if (message.kind === "floor") return; // it is asked for again when the channel is up
    const addressed: Envelope = to === undefined ? envelope : { ...envelope, to };
    if (isSmallEnough(addressed)) signaling.send(addressed);
    else this.dispatch({ type: "tooLarge", seq: envelope.seq });
  }

  #repeatLater({ seq, ms }: Of<"repeatLater">): void {
    setTimeout(() => this.dispatch({ type: "repeatDue", seq }), ms * (1 + this.#random() / 5));
  }
}

/** Is it within the limits of the servers (docs/protocol.md §1)? */
function isSmallEnough(envelope: Envelope): boolean {
  const { kind, body } = envelope;
  if ((kind === "offer" || kind === "answer") && body.sdp.length > MAX_SDP_CHARACTERS) return false;
  return fitsServers(envelope);
}
