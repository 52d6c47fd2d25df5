/** One negotiation over the model of a connection: it does what the effects say. */
import { initial, step } from "../../../src/peer/negotiation.js";
import type { Effect, Event, State } from "../../../src/peer/negotiation-types.js";
import type { Candidate, Negotiation } from "../../../src/wire/protocol.js";
import { type ConnectionPorts, ModelConnection, type World } from "./connection.js";

type Stepper = typeof step;

export interface MachinePorts {
  nextSeq(): number;
  send(seq: number, message: Negotiation): void;
  /** Something changed: the state, or the connection. */
  changed(): void;
  report(code: string): void;
  /** Our side was taken from the parking machine. */
  adopt(): ModelConnection;
  /** Ask for TURN candidates of the other side too. */
  readonly bring: boolean;
  /** The answer must be split from the offer in `prepare` by so many ms; 0 if at once. */
  prepareMs(): number;
}

export interface MachineSetup {
  pc: string;
  polite: boolean;
  phase: "idle" | "waiting";
  world: World;
  ports: MachinePorts;
  /** The transition function; a broken one, to see that the tests notice. */
  stepper?: Stepper;
}

export class Machine {
  state: State;
  link: ModelConnection;
  readonly #name: string;
  readonly #world: World;
  readonly #step: Stepper;
  ports: MachinePorts;
  #queue: Event[] = [];
  #running = false;

  constructor({ pc, polite, phase, world, ports, stepper = step }: MachineSetup) {
    this.#world = world;
    this.#name = `${polite ? "polite" : "impolite"} ${pc}`;
    this.ports = ports;
    this.#step = stepper;
    this.state = initial({ pc, polite, phase });
    this.link = this.#open();
  }

  get fresh(): string {
    return this.#world.unique("pc");
  }

  /** Effects may cause events: those wait for their turn. */
  dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let each = this.#queue.shift(); each; each = this.#queue.shift()) this.#take(each);
    this.#running = false;
    this.ports.changed();
  }

  #take(event: Event): void {
    const before = this.state.phase;
    const [state, effects] = this.#step(this.state, event);
    this.state = state;
    if (before !== state.phase)
      this.#world.note(`${this.#name} ${event.type}: ${before} → ${state.phase}`);
    for (const effect of effects) this.#carry(effect);
  }

  #carry(effect: Effect): void {
    const operations: { [T in Effect["type"]]?: (effect: Extract<Effect, { type: T }>) => void } = {
      prepare: ({ op }) => this.#later(this.ports.prepareMs(), () => ({ type: "prepared", op })),
      restartIce: () => this.link.restartIce(),
      describe: (it) => this.#describe(it),
      set: (it) => this.#set(it),
      rollback: (it) => this.#rollback(it),
      send: ({ seq, message }) => this.ports.send(seq ?? this.ports.nextSeq(), message),
      repeatLater: (it) => this.#repeatLater(it),
      wait: ({ op, ms }) => this.#later(ms, () => ({ type: "waited", op })),
      replace: () => this.#replace(this.#open()),
      adopt: () => this.#replace(this.ports.adopt()),
      report: ({ code }) => {
        this.#world.note(`${this.#name} reports ${code}`);
        this.ports.report(code);
      },
      close: () => this.link.close(),
    };
    (operations[effect.type] as ((effect: Effect) => void) | undefined)?.(effect);
  }

  #rollback({ op, side }: Extract<Effect, { type: "rollback" }>): void {
    const { link } = this;
    const done = this.#answer(link, () => ({ type: "rolledBack", op, fresh: this.fresh }));
    link.rollback(side, done, this.#refused(op));
  }

  #describe({ op, gatherMs }: Extract<Effect, { type: "describe" }>): void {
    const { link } = this;
    link.setLocalDescription((sdp) => {
      const candidates = [this.#candidate()];
      this.#later(this.#world.random.between(0, gatherMs), () => {
        const relay = this.ports.bring ? { relay: true } : {};
        return { type: "described", op, seq: this.ports.nextSeq(), sdp, candidates, ...relay };
      });
      this.#trickle(link);
    }, this.#refused(op));
  }

  #set({ op, kind, body }: Extract<Effect, { type: "set" }>): void {
    const done = this.#answer(this.link, () => ({ type: "set", op }));
    this.link.setRemoteDescription(kind, body.sdp, done, this.#refused(op));
  }

  #trickle(link: ModelConnection): void {
    const { random } = this.#world;
    if (random.chance(0.5)) return;
    this.#later(random.between(40, 800), () =>
      // What gathers later than a parked offer is of no use to anyone yet.
      link === this.link && !this.state.phase.startsWith("park")
        ? { type: "gathered", seq: this.ports.nextSeq(), candidates: [this.#candidate()] }
        : null,
    );
  }

  #candidate(): Candidate {
    return { candidate: this.#world.unique("candidate") };
  }

  #repeatLater({ seq, ms }: Extract<Effect, { type: "repeatLater" }>): void {
    this.#later(ms * this.#world.random.between(1, 1.2), () => ({ type: "repeatDue", seq }));
  }

  #replace(link: ModelConnection): void {
    this.link.close();
    this.link = link;
    link.ports = this.#portsOf(link);
  }

  #open(): ModelConnection {
    const link = new ModelConnection(this.#world, { needed: () => {}, changed: () => {} });
    link.ports = this.#portsOf(link);
    return link;
  }

  #portsOf(link: ModelConnection): ConnectionPorts {
    return {
      needed: () => void (link === this.link && this.dispatch({ type: "needed" })),
      changed: () => this.ports.changed(),
    };
  }

  #refused(op: number): () => void {
    return this.#answer(this.link, () => ({ type: "failed", op, fresh: this.fresh }));
  }

  /** What a connection says counts only while it is the one. */
  #answer(link: ModelConnection, event: () => Event): () => void {
    return () => link === this.link && this.dispatch(event());
  }

  #later(ms: number, event: () => Event | null): void {
    this.#world.clock.after(ms, () => {
      const happened = this.state.phase === "closed" ? null : event();
      if (happened) this.dispatch(happened);
    });
  }
}
