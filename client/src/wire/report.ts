/**
 * The body of `POST /api/report` (docs/protocol.md §3): numbers within limits and words of closed
 * vocabularies. No id of a person, no name, no address, no user agent.
 */
export type Outcome =
  | "connected"
  | "failed-ice"
  | "failed-dtls"
  | "failed-signaling"
  | "left-early";
/** Of ICE (RFC 8445 §4), by the names of W3C webrtc-stats. */
export type CandidateType = "host" | "srflx" | "prflx" | "relay";
/** Of the selected path. */
export type Transport = "udp" | "tcp" | "tls";
/** What the connection carried. */
export type Medium = "data" | "audio" | "video";
/** What came of requests for a TURN credential; `used`: the connection went through it. */
export type TurnUse = "none" | "refused" | "granted" | "used";

/** The family of a browser's engine: all that a report says about the browser. */
export type Browser = "chromium" | "firefox" | "safari" | "other";

/** ms of each step: negotiate; description to answer; ICE; DTLS; the data channel. */
export type Phases = { [K in "admit" | "signal" | "ice" | "dtls" | "open"]?: number };

/** One connection, as one of its two sides saw it. */
export interface Report {
  /** The stamp's proof that we have met this peer: each side of a call counts once. */
  met: string;
  outcome: Outcome;
  /** `first`: the impolite peer. */
  side: "first" | "second";
  /** ms since the connection ended: no clock is compared with another. */
  age: number;
  phases: Phases;
  /** The worse one of the selected pair. */
  candidateType?: CandidateType;
  /** To the TURN server if there is one. */
  transport?: Transport;
  bytesUp: number;
  bytesDown: number;
  /** Seconds connected. */
  duration: number;
  media: Medium[];
  /** ICE restarts and replaced connections. */
  retries: number;
  turn: TurnUse;
  /** With `used`: the proof that a stamp has granted us the credential. */
  granted?: string;
  browser: Browser;
}
