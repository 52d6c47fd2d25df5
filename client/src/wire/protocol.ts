/** The wire, version 1: its limits and types (docs/protocol.md §1, §3, §4). Times are ms since 1970, a `ttl` is seconds. */
import type { LeftReason, Role, TurnPolicy } from "../types.js";

/** The limits of docs/protocol.md §1; bytes are those of UTF-8 JSON, characters are code points. */
export const MAX_ENVELOPE_BYTES = 32_768;
export const MAX_DEPTH_LEVELS = 16;
export const MAX_TEXT_CHARACTERS = 4_096;
export const MAX_BATCH_CANDIDATES = 64;
export const MAX_BATCH_ACKS = 64;
export const MAX_SDP_CHARACTERS = 30_000;
export const SLOTS = 4; // for room.media
/** In which whoever is left alone by somebody who has hung up may leave too (§7, Sleep). */
export const FOLLOW_MS = 2_000;

/** One ICE candidate, as `RTCIceCandidate.toJSON` gives it (W3C WebRTC §4.8.1). */
export interface Candidate {
  candidate: string;
  sdpMid?: string | null;
  sdpMLineIndex?: number | null;
  usernameFragment?: string | null;
}

/** What a side knows of its network, if that may call for a relay (turn/network.ts). */
export type Network = "udp-blocked" | "symmetric";

/** An offer or an answer (RFC 8829). */
export interface Description {
  /** Names the pair of connections: one `RTCPeerConnection` on each side. */
  pc: string;
  sdp: string;
  /** Those that had gathered in time; the others come in batches (RFC 8838, trickle ICE). */
  candidates?: Candidate[];
  /** The offer restarts ICE. */
  restart?: boolean;
  /** Please get a TURN relay too before you answer. */
  relay?: boolean;
  network?: Network;
  /** Two offers are a pair: the other one is the receiver's, and has this seq. */
  answered?: number;
  /** Of an offer: the mids of the sections for `room.media`, in the order of its sources. */
  slots?: string[];
}

/** Candidates that gathered after the description (RFC 8838 §9). */
export interface CandidateBatch {
  pc: string;
  candidates: Candidate[];
}

/** Please restart ICE (RFC 8445 §9), or offer again. */
export interface Restart {
  pc: string;
  /** The seq of a description of the receiver that the sender's browser refused. */
  refused?: number;
  network?: Network;
}

/** Who may offer (docs/protocol.md §5). It goes in the channel only. */
export interface Floor {
  pc: string;
  /** The impolite side lets the other one offer; else the polite side asks for that. */
  granted: boolean;
}

/** What makes two peers meet. */
export type Negotiation =
  | { kind: "offer"; body: Description }
  | { kind: "answer"; body: Description }
  | { kind: "candidates"; body: CandidateBatch }
  | { kind: "restart"; body: Restart }
  | { kind: "floor"; body: Floor };

/** Which of the receiver's texts and data have arrived, by their seqs. It always has a `to`. */
export interface Ack {
  kind: "ack";
  /** 1–64. */
  body: { seqs: number[] };
}

/** Why a page says `bye`: its user left, or it is left itself and may be loaded again. */
export type ByeReason = "left" | "unloaded";

/** What they then say. */
export type Talk =
  | { kind: "text"; body: { text: string; id?: string } }
  | { kind: "data"; body: unknown }
  | { kind: "bye"; body: { reason?: string } }
  | { kind: "media"; body: unknown } // media/messages.ts; in the channel only
  | Ack;

/** Everything that one peer sends to another. */
export type Message = Negotiation | Talk;

/** How two sides come to the same safety words; in the channel only (docs/protocol.md §9). */
export type SafetyTalk = { kind: "safety"; body: unknown };

/** What a client sends. Without `to` it goes to everyone; an offer without `to` is parked. */
export type Envelope = (Message | SafetyTalk) & { v: 1; seq: number; to?: string };

/** What a client receives: the target of the hub, and its argument. */
export type Push =
  | { target: "signal" | "message"; from: string; seq: number; message: Message }
  | { target: "admitted"; admittedAt: number }
  | { target: "joined"; peer: string; name: string; role: Role; visit: number; met?: string }
  | { target: "left"; peer: string; reason: LeftReason; visit: number }
  | { target: "disconnected"; peer: string; asleep: boolean }
  | { target: "orders"; orders: string; locked: boolean }
  | { target: "closed"; code: string; message: string };

/** An offer that waits in a room, or could. */
export interface Offer {
  readonly seq: number;
  readonly body: Description;
}

/** An offer of a member, given to us alone. */
export interface GivenOffer extends Offer {
  /** The seq of that of our own offers which makes a pair with it, and was sent to that member. */
  readonly answered?: number;
}

/** Another member, as negotiate lists it. `offer` is one that it has parked. */
export interface Listed {
  peer: string;
  name: string;
  role: Role;
  /** When its page began, by its own clock: ms since 1970. It orders the pages of one member. */
  visit: number;
  /** Its socket at this stamp is open. */
  connected: boolean;
  /** It has closed its socket here, keeps its seat, and wakes when it is needed. */
  asleep: boolean;
  offer?: GivenOffer;
  /** The proof that we have met it, for reports. */
  met?: string;
}

/** What negotiate answers (docs/protocol.md §3). */
export interface Admission {
  /** Of the SignalR service, for `accessToken`, which is good for 5 minutes. */
  url: string;
  accessToken: string;
  room: string;
  peer: string;
  role: Role;
  name: string;
  /** The peer token, good for `ttl` seconds. */
  token: string;
  ttl: number;
  visit: number;
  /** When it was answered: ms since 1970 by the clock of the stamp. */
  admittedAt: number;
  /** `admittedAt` of the answer with which the socket was opened that the stamp knows, if any. */
  socketAdmittedAt?: number;
  /** What hosts have decided, as this stamp knows it: carried to the other stamps, not read. */
  orders?: string;
  iceServers: RTCIceServer[];
  turn: TurnPolicy;
  /** `iceServers` holds a TURN credential for so many seconds. */
  turnTtl?: number;
  /** What the stamp counts with for one side of a relayed connection in ten minutes. */
  relayBytes?: number;
  peers: Listed[];
  /** The seqs of our own offers that wait in the room. */
  parked: readonly number[];
  capacity: number;
  locked: boolean;
  /** ms that the call took; not on the wire. */
  tookMs?: number;
}

/** What opens a connection to SignalR Service. */
export type Access = Pick<Admission, "url" | "accessToken" | "admittedAt">;

/** What `POST /api/turn` answers: a credential, or a refusal, which is no error. */
export type TurnAnswer =
  | { granted: true; iceServers: RTCIceServer[]; ttl: number }
  | { granted: false };

/** What the hub methods and `POST /api/signal` answer. */
export type Reply =
  | { ok: true }
  | { ok: false; code: string; message: string; retryAfter?: number };
