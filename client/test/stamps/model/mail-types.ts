/** Who sends texts in the model (mail.ts), what of it may be left out, and what a run answers. */
import { Seen } from "../../../src/room/seen.js";
import { type Acks, NO_ACKS } from "../../../src/stamps/acks.js";
import { EMPTY, type Outbox } from "../../../src/stamps/outbox.js";
import { Router } from "../../../src/stamps/router.js";
import type { Envelope } from "../../../src/wire/protocol.js";
import type { VirtualTime } from "../time.js";

export const STAMPS = [0, 1] as const;

/** What may be left out, to see that the run notices. */
export interface Rules {
  repeats: boolean;
  drops: boolean; // what has been seen
  acksRepeats: boolean;
  otherStamp: boolean; // for a repeat
  hedges: boolean;
  returns: boolean; // what rests is repeated when its receiver is back
  checks: boolean; // whether a stamp knows our socket (room/socket-check.ts)
}

export const ALL_RULES: Rules = {
  repeats: true,
  drops: true,
  acksRepeats: true,
  otherStamp: true,
  hedges: true,
  returns: true,
  checks: true,
};

export interface MailResult {
  seed: number;
  problems: string[];
  texts: number;
  repeats: number;
  /** ms from the call to the answer of each message that one stamp could have taken all the time. */
  takenMs: number[];
  /** ms from the text to its delivery, where one stamp worked for both all the time. */
  deliveredMs: number[];
  /** ms from the first attempt of a call to its second, where the first had no answer. */
  hedgedMs: number[];
  log: string[];
}

/** An envelope, or an `ack` as docs/protocol.md §4 has it. */
export type Mail =
  | Envelope
  | { v: 1; seq: number; to: string; kind: "ack"; body: { seqs: readonly number[] } };

export interface Path {
  works: boolean;
  /** How often it has broken. */
  breaks: number;
  /** Both ends know whether it works. */
  noticed: boolean;
  /** The stamp does not know our socket: we are not in the group, and others are not told of us. */
  unheard: boolean;
}

export interface Text {
  from: string;
  seq: number;
  to: readonly string[];
  at: number;
  /** By receiver: what worked for both when it was said. */
  healthy: Map<string, string[]>;
}

export class Member {
  readonly router: Router;
  readonly seen = new Seen();
  readonly paths: Path[] = STAMPS.map(() => ({
    ...{ works: true, breaks: 0, noticed: true, unheard: false },
  }));
  readonly delivered = new Map<string, number>();
  outbox: Outbox = EMPTY;
  acks: Acks = NO_ACKS;
  seq = 0;

  constructor(
    readonly name: string,
    time: VirtualTime,
  ) {
    this.router = new Router(STAMPS.length, time);
    for (const stamp of STAMPS) this.router.opened(stamp);
  }
}
