/** What `GET /api/stats` says (protocol §3), as the page uses it. Read by `parse.ts`. */

/** The steps of a connection, in order. */
export const PHASES = ["admit", "signal", "ice", "dtls", "open"] as const;
/** One step of a connection. */
export type Phase = (typeof PHASES)[number];

/** The types of an ICE candidate: W3C webrtc-stats, `RTCIceCandidateType`. */
export const CANDIDATE_TYPES = ["host", "srflx", "prflx", "relay"] as const;
/** How a browser reached the other one. */
export type CandidateType = (typeof CANDIDATE_TYPES)[number];

/** null where fewer than `k` calls are behind a figure: it could point at somebody. */
export type Withheld = number | null;

/** How many calls there were, and how many peers took part. */
export interface Count {
  readonly calls: Withheld;
  readonly peers: Withheld;
}

/** `day` is YYYY-MM-DD, UTC. */
export interface Latest extends Count {
  readonly day: string;
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: Withheld;
  readonly p95: Withheld;
}

/** One day of the range. */
export interface Day extends Count, Percentiles {
  /** `2027-03-09`, UTC. */
  readonly day: string;
  /** The share of calls that connected, 0–1. */
  readonly success: Withheld;
  /** The median of each, in milliseconds. */
  readonly phases: Readonly<Record<Phase, Withheld>>;
  /** Shares, 0–1. They need not add up to 1, because small groups are left out. */
  readonly candidateTypes: Readonly<Record<CandidateType, Withheld>>;
  /** Of the whole day, in the summary's currency. */
  readonly cost: Withheld;
}

/** A group of calls; `other` holds those that are too small to be named. */
export interface CandidateTypeShare {
  readonly candidateType: string;
  /** 0–1. */
  readonly share: number;
}

/** Calls that did not connect, by their outcome. */
export interface Failure {
  readonly outcome: string;
  readonly count: number;
}

/** What calls cost at list prices. */
export interface Cost {
  /** Of 1,000 calls. */
  readonly per1000: Withheld;
  /** ISO 4217. */
  readonly currency: string;
}

/** The statistics of a range. */
export interface Summary {
  /** How far back it goes, today included. */
  readonly days: number;
  /** The smallest group that is shown. */
  readonly k: number;
  /** Milliseconds since 1970. */
  readonly asOf: number;
  /** Demonstration data is in it. */
  readonly demo: boolean;
  /** Of the newest day that is shown: today, or one that is over. */
  readonly latest: Latest;
  readonly total: Count;
  /** The share of calls that connected, 0–1. */
  readonly success: Withheld;
  readonly phases: Readonly<Record<Phase | "total", Percentiles>>;
  readonly candidateTypes: readonly CandidateTypeShare[];
  readonly failures: readonly Failure[];
  readonly relayBytes: Withheld;
  readonly bytes: Withheld;
  /** null where nobody has set prices. */
  readonly cost: Cost | null;
  /** Oldest first, each day once. */
  readonly daily: readonly Day[];
}
