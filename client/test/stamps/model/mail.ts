/**
 * Members who send each other texts through two stamps, in virtual time: router, outbox,
 * acknowledgements and room/seen.ts together. Stamps die (calls fail), freeze (calls and pushes wait)
 * and come back; the path of a member to a stamp breaks, which both ends notice later: until then a
 * stamp takes what it cannot deliver. Of some sockets that open a stamp does not hear, until their
 * owner asks: what is for everyone does not reach them. Everything from one seed.
 */
import { HeliographError } from "../../../src/errors.js";
import { acksDue, nextAckAt, received } from "../../../src/stamps/acks.js";
import { acked, due, nextDueAt, returned, sent, taken } from "../../../src/stamps/outbox.js";
import type { Reach } from "../../../src/stamps/presence-types.js";
import type { Envelope } from "../../../src/wire/protocol.js";
import { Random } from "../../peer/model/random.js";
import { VirtualTime } from "../time.js";
import {
  ALL_RULES,
  type Mail,
  type MailResult,
  Member,
  type Path,
  type Rules,
  STAMPS,
  type Text,
} from "./mail-types.js";

const NAMES = ["ann", "bob", "cem"] as const;
const TROUBLE_MS = 60_000;
/** Before the last texts are too old to be kept: what is acknowledged by then is out. */
const END_MS = 115_000;
const CALL_TIMEOUT_MS = 10_000;
/** Until a socket that a stamp does not know has been replaced: room/socket-check.ts, and a backoff. */
const REPLACED_MS = [3_000, 7_000] as const;

export class MailRun {
  readonly time = new VirtualTime();
  readonly #random: Random;
  readonly #rules: Rules;
  readonly #members: Member[];
  readonly #conditions: ("up" | "dead" | "frozen")[] = STAMPS.map(() => "up" as const);
  readonly #waiting: (() => void)[][] = STAMPS.map(() => []);
  readonly #failures = STAMPS.map(() => 0);
  readonly #texts: Text[] = [];
  readonly #result: MailResult;
  readonly #quiet: boolean;
  /** The share of sockets of which a stamp does not hear. */
  readonly #unheard: number;
  #loss: number;

  /** `quiet`: nothing fails, and nothing is lost. */
  constructor(seed: number, rules: Rules = ALL_RULES, quiet = false) {
    this.#random = new Random(seed);
    this.#rules = rules;
    this.#quiet = quiet;
    this.#loss = quiet ? 0 : this.#random.pick([0, 0.05]);
    this.#unheard = quiet ? 0 : this.#random.pick([0, 0.3]);
    this.#members = NAMES.map((name) => new Member(name, this.time));
    const figures = { texts: 0, repeats: 0, takenMs: [], deliveredMs: [], hedgedMs: [] };
    this.#result = { seed, problems: [], log: [], ...figures };
  }

  async go(): Promise<MailResult> {
    for (const member of this.#members) {
      for (let at = 0; at < TROUBLE_MS + 5_000; at += this.#random.between(500, 6_000)) {
        this.time.clock.after(at, () => this.#say(member));
      }
    }
    for (let n = 0; n < (this.#quiet ? 0 : 8); n += 1) {
      this.time.clock.after(this.#random.between(1_000, TROUBLE_MS), () => this.#disturb());
    }
    if (!this.#quiet) this.time.clock.after(TROUBLE_MS, () => this.#calm());
    await this.time.runUntil(END_MS);
    this.#check();
    return this.#result;
  }

  #say(from: Member): void {
    const others = NAMES.filter((name) => name !== from.name);
    const to = this.#random.chance(0.5) ? others : [this.#random.pick(others)];
    const seq = from.seq++;
    const base = { v: 1, seq, kind: "text", body: { text: `${from.name} ${seq}` } } as const;
    const envelope: Envelope = to.length === 1 ? { ...base, to: to[0] as string } : base;
    const healthy = new Map(to.map((name) => [name, this.#healthy(from, this.#member(name))]));
    this.#texts.push({ from: from.name, seq, to, at: this.time.now(), healthy });
    this.#result.texts += 1;
    const parcel = { envelope, bytes: 100, peers: to };
    from.outbox = sent(from.outbox, parcel, this.time.now(), this.#random.next());
    this.#schedule(from);
    void this.#post(from, envelope, to);
  }

  /** By the router; `to`: who is to get it. */
  async #post(
    from: Member,
    mail: Mail,
    to: readonly string[],
    after = new Set<number>(),
  ): Promise<void> {
    const starts: number[] = [];
    const began = this.time.now();
    const healthy = this.#healthy(from);
    const attempt = async (stamp: number, signal: AbortSignal) => {
      starts.push(this.time.now());
      if (starts.length > 1 && !this.#rules.hedges) throw new HeliographError("backend_away", "");
      await this.#call(from, stamp, mail, to, signal);
    };
    try {
      const reach = (stamp: number) => this.#reach(from, stamp, to);
      const { stamp } = await from.router.call({ attempt, reach, after });
      if (mail.kind !== "ack") from.outbox = taken(from.outbox, mail.seq, stamp);
      if (isStill(healthy, this.#healthy(from))) this.#result.takenMs.push(this.time.now() - began);
    } catch {
      // The outbox repeats it.
    }
    const [first, second] = starts;
    if (first !== undefined && second !== undefined) this.#result.hedgedMs.push(second - first);
  }

  /** The stamps that work for all of these now, each with how often anything of it has failed. */
  #healthy(...members: Member[]): string[] {
    return STAMPS.filter((stamp) => {
      const paths = members.map((member) => member.paths[stamp] as Path);
      const work = paths.every(({ works, unheard }) => works && !unheard);
      return this.#conditions[stamp] === "up" && work;
    }).map((stamp) => {
      const breaks = members.map((member) => member.paths[stamp]?.breaks);
      return [stamp, this.#failures[stamp], ...breaks].join(" ");
    });
  }

  #member(name: string): Member {
    return this.#members.find((member) => member.name === name) as Member;
  }

  /** As far as the sender knows; of a text for everyone, where everyone is. */
  #reach(from: Member, stamp: number, to: readonly string[]): Reach {
    if (!this.#knows(from, stamp)) return "unknown";
    const there = this.#members.filter(({ name }) => to.includes(name));
    const isKnown = (each: Member) => this.#knows(each, stamp) && !each.paths[stamp]?.unheard;
    return there.every(isKnown) ? "here" : "absent";
  }

  #knows(member: Member, stamp: number): boolean {
    const { works, noticed } = member.paths[stamp] as Path;
    return works || !noticed;
  }

  async #call(
    from: Member,
    stamp: number,
    mail: Mail,
    to: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.time.pause(this.#random.between(5, 80), signal);
    if (this.#conditions[stamp] === "dead") throw new HeliographError("backend_away", "");
    const answered = new Promise<boolean>((resolve) => {
      if (!from.paths[stamp]?.works) return; // no answer will come
      this.#whenAwake(stamp, () => {
        for (const name of to) this.#push(stamp, from, name, mail);
        this.time.clock.after(this.#random.between(5, 80), () => resolve(true));
      });
    });
    const late = this.time.pause(CALL_TIMEOUT_MS, signal).then(() => false);
    if (!(await Promise.race([answered, late]))) throw new HeliographError("backend_away", "");
  }

  /** Not in order; sometimes twice; sometimes never. */
  #push(stamp: number, from: Member, to: string, mail: Mail): void {
    const copies = this.#random.chance(this.#loss) ? 0 : this.#random.chance(0.1) ? 2 : 1;
    const receiver = this.#member(to);
    for (let copy = 0; copy < copies; copy += 1) {
      const ms =
        !this.#quiet && this.#random.chance(0.05)
          ? this.#random.between(300, 1_500)
          : this.#random.between(5, 150);
      this.time.clock.after(ms, () => {
        const { works, unheard } = receiver.paths[stamp] as Path;
        const isHeard = works && !(unheard && mail.to === undefined);
        if (this.#conditions[stamp] === "dead" || !isHeard) return;
        this.#whenAwake(stamp, () => this.#receive(receiver, from, mail));
      });
    }
  }

  #receive(to: Member, from: Member, mail: Mail): void {
    if (mail.kind === "ack") {
      for (const seq of mail.body.seqs) this.#checkAcked(to, from, seq);
      to.outbox = acked(to.outbox, from.name, mail.body.seqs);
      return;
    }
    const isFirst = to.seen.first(from.name, mail.seq);
    if (isFirst || this.#rules.acksRepeats) {
      to.acks = received(to.acks, from.name, mail.seq, this.time.now());
      this.#schedule(to);
    }
    if (!isFirst && this.#rules.drops) return;
    const key = `${from.name} ${mail.seq}`;
    if (isFirst) this.#measure(from, to, mail.seq);
    to.delivered.set(key, (to.delivered.get(key) ?? 0) + 1);
  }

  #measure(from: Member, to: Member, seq: number): void {
    const text = this.#texts.find((each) => each.from === from.name && each.seq === seq);
    const healthy = text?.healthy.get(to.name) ?? [];
    if (!text || !isStill(healthy, this.#healthy(from, to))) return;
    this.#result.deliveredMs.push(this.time.now() - text.at);
  }

  /** What is due now, and a timer for what is not. */
  #schedule(member: Member): void {
    const { now } = this.time.clock;
    const times = [nextDueAt(member.outbox), nextAckAt(member.acks)].filter((at) => at !== null);
    if (times.length === 0) return;
    this.time.clock.after(Math.max(0, Math.min(...times) - now), () => this.#flush(member));
  }

  #flush(member: Member): void {
    const { now } = this.time.clock;
    const [acks, batches] = acksDue(member.acks, now);
    const [outbox, repeats] = due(member.outbox, now, () => this.#random.next());
    const isIdle = acks === member.acks && repeats.length === 0;
    member.acks = acks;
    member.outbox = outbox;
    if (isIdle) return;
    for (const { to, seqs } of batches) {
      const mail: Mail = { v: 1, seq: member.seq++, to, kind: "ack", body: { seqs } };
      void this.#post(member, mail, [to]);
    }
    for (const { envelope, owing, takenBy } of this.#rules.repeats ? repeats : []) {
      this.#result.repeats += 1;
      const after = this.#rules.otherStamp ? new Set(takenBy) : new Set<number>();
      void this.#post(member, envelope, owing, after);
    }
    this.#schedule(member);
  }

  #disturb(): void {
    const stamp = this.#random.pick(STAMPS);
    const member = this.#random.pick(this.#members);
    this.#random.pick([
      () => this.#fail(stamp, "dead"),
      () => this.#fail(stamp, "frozen"),
      () => this.#break(member, stamp),
      () => this.#break(member, stamp),
    ])();
  }

  #fail(stamp: number, how: "dead" | "frozen"): void {
    if (this.#conditions[stamp] !== "up") return;
    this.#note(`stamp ${stamp} is ${how}`);
    this.#conditions[stamp] = how;
    this.#failures[stamp] = (this.#failures[stamp] ?? 0) + 1;
    if (how === "dead") for (const each of this.#members) each.router.closed(stamp);
    this.time.clock.after(this.#random.between(1_000, 20_000), () => this.#restore(stamp));
  }

  #restore(stamp: number): void {
    if (this.#conditions[stamp] === "up") return;
    this.#note(`stamp ${stamp} is back`);
    const wasDead = this.#conditions[stamp] === "dead";
    this.#conditions[stamp] = "up";
    for (const run of this.#waiting[stamp]?.splice(0) ?? []) run();
    for (const member of this.#members) {
      if (wasDead && member.paths[stamp]?.works) this.#reopened(member, stamp);
      else this.#opened(member, stamp);
    }
  }

  #break(member: Member, stamp: number): void {
    const path = member.paths[stamp] as Path;
    if (!path.works) return;
    this.#note(`the path of ${member.name} to ${stamp} is broken`);
    const breaks = path.breaks + 1;
    Object.assign(path, { works: false, noticed: false, unheard: false, breaks });
    this.time.clock.after(this.#random.between(500, 15_000), () => this.#notice(member, stamp));
    this.time.clock.after(this.#random.between(1_000, 20_000), () => this.#mend(member, stamp));
  }

  #notice(member: Member, stamp: number): void {
    const path = member.paths[stamp] as Path;
    if (path.works) return;
    path.noticed = true;
    member.router.closed(stamp);
  }

  #mend(member: Member, stamp: number): void {
    const path = member.paths[stamp] as Path;
    if (path.works) return;
    this.#note(`the path of ${member.name} to ${stamp} is whole`);
    Object.assign(path, { works: true, noticed: true });
    this.#reopened(member, stamp);
  }

  /** A new socket. If the stamp does not hear of it, it is replaced, unless it breaks before. */
  #reopened(member: Member, stamp: number): void {
    const path = member.paths[stamp] as Path;
    path.unheard = this.#random.chance(this.#unheard);
    this.#opened(member, stamp);
    if (!path.unheard) return;
    this.#note(`stamp ${stamp} does not hear of the socket of ${member.name}`);
    path.breaks += 1;
    if (this.#rules.checks) this.#replaceLater(member, stamp, path.breaks);
  }

  #replaceLater(member: Member, stamp: number, breaks: number): void {
    this.time.clock.after(this.#random.between(...REPLACED_MS), () => {
      if (member.paths[stamp]?.breaks !== breaks) return;
      if (this.#conditions[stamp] === "up") this.#reopened(member, stamp);
      else this.#replaceLater(member, stamp, breaks);
    });
  }

  /** Our socket is open: what we owe is due, and so is what others owe to us, if they are told. */
  #opened(member: Member, stamp: number): void {
    if (member.paths[stamp]?.works) member.router.opened(stamp);
    if (!this.#rules.returns) return;
    const { now } = this.time.clock;
    for (const other of this.#members) {
      const isTold = !member.paths[stamp]?.unheard;
      if (isTold) other.outbox = returned(other.outbox, member.name, now);
      member.outbox = returned(member.outbox, other.name, now);
      this.#schedule(other);
    }
    this.#schedule(member);
  }

  /** One stamp works for all from here on; the other may stay as it is. */
  #calm(): void {
    const works = this.#random.pick(STAMPS);
    this.#note(`stamp ${works} works`);
    this.#loss = 0;
    this.#restore(works);
    for (const member of this.#members) this.#mend(member, works);
    for (const member of this.#members) this.#opened(member, works);
    if (this.#random.chance(0.5)) this.#fail(1 - works, "frozen");
  }

  #whenAwake(stamp: number, run: () => void): void {
    if (this.#conditions[stamp] === "frozen") this.#waiting[stamp]?.push(run);
    else run();
  }

  /** What a member acknowledges, its application has got. */
  #checkAcked(sender: Member, from: Member, seq: number): void {
    if (from.delivered.has(`${sender.name} ${seq}`)) return;
    this.#result.problems.push(`${from.name} acknowledged ${sender.name} ${seq} and never got it`);
  }

  #check(): void {
    for (const { from, seq, to } of this.#texts) {
      for (const name of to) {
        const times = this.#member(name).delivered.get(`${from} ${seq}`) ?? 0;
        if (times !== 1) this.#result.problems.push(`${name} got ${from} ${seq} ${times} times`);
      }
    }
    for (const { name, outbox } of this.#members) {
      if (outbox.size > 0) this.#result.problems.push(`${name} still waits for ${outbox.size}`);
    }
  }

  #note(text: string): void {
    this.#result.log.push(`${Math.round(this.time.now())} ${text}`);
  }
}

/** Has any of these worked all the time? */
function isStill(before: readonly string[], now: readonly string[]): boolean {
  return before.some((each) => now.includes(each));
}
