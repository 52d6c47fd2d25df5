/** The wire, version 1: its limits and types (docs/protocol.md §1, §3, §4). */
import type { LeftReason, Role, TurnPolicy } from "../types.js";

export const MAX_ENVELOPE = 32_768; // bytes of UTF-8 JSON
export const MAX_DEPTH = 16;
export const MAX_TEXT = 4_096;
export const MAX_BATCH = 64;
export const MAX_SDP = 30_000;

export interface Candidate {
  candidate: string;
  sdpMid?: string | null;
  sdpMLineIndex?: number | null;
  usernameFragment?: string | null;
}

export interface Description {
  pc: string;
  sdp: string;
  candidates?: Candidate[];
  restart?: boolean;
  /** Please bring a relay too before you answer. */
  relay?: boolean;
}

export interface CandidateBatch {
  pc: string;
  candidates: Candidate[];
}

/** What makes two peers meet. */
export type Negotiation =
  | { kind: "offer"; body: Description }
  | { kind: "answer"; body: Description }
  | { kind: "candidates"; body: CandidateBatch }
  | { kind: "restart"; body: { pc: string } };

/** What they then say. */
export type Talk =
  | { kind: "text"; body: { text: string; id?: string } }
  | { kind: "data"; body: unknown }
  | { kind: "bye"; body: { reason?: string } };

export type Message = Negotiation | Talk;
export type Envelope = Message & { v: 1; seq: number; to?: string };

export type Push =
  | { target: "signal" | "message"; from: string; seq: number; message: Message }
  | { target: "joined"; peer: string; name: string; role: Role }
  | { target: "left"; peer: string; reason: LeftReason }
  | { target: "closed"; code: string; message: string };

export interface Listed {
  peer: string;
  name: string;
  role: Role;
  offer?: { seq: number; body: Description };
}

/** What negotiate answers (docs/protocol.md §3). */
export interface Admission {
  url: string;
  accessToken: string;
  room: string;
  peer: string;
  role: Role;
  name: string;
  token: string;
  expiresAt: number;
  iceServers: RTCIceServer[];
  turn: TurnPolicy;
  /** `iceServers` holds a relay until then. */
  turnExpiresAt?: number;
  peers: Listed[];
  capacity: number;
  locked: boolean;
  /** ms that the call took; not on the wire. */
  took?: number;
}

/** What `/turn` answers (docs/protocol.md §3): a relay, or a refusal, which is no error. */
export type TurnAnswer =
  | { granted: true; iceServers: RTCIceServer[]; expiresAt: number }
  | { granted: false };

/** What the hub methods and relay answer. */
export type Reply =
  | { ok: true }
  | { ok: false; code: string; message: string; retryAfter?: number };
