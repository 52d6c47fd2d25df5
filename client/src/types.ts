/** The public surface: what an application can hold, call and hear. */
import type { ErrorCode } from "./errors.js";

export type Role = "guest" | "host";
/** How a message travelled. */
export type Via = "p2p" | "server";
/** Where a peer's traffic goes: peer to peer, through TURN, or not yet peer to peer. */
export type Path = "direct" | "relayed" | "server";
export type PeerState = "connecting" | "connected" | "reconnecting" | "failed";
export type RoomState = "connecting" | "connected" | "reconnecting" | "closed";
/** `expired`: it was disconnected for 30 s, and its peer-to-peer connection did not work either. */
export type LeftReason = "left" | "kicked" | "expired";

/** Another member of the room. A live object: read it again after `peer-updated`. */
export interface Peer {
  readonly id: string;
  /** May be empty until the member's socket is open. */
  readonly name: string;
  readonly role: Role;
  readonly state: PeerState;
  readonly path: Path;
  /** Add tracks and channels to it as you like; best in the event `connection`: it is replaced when the member's page reloads. */
  readonly connection: RTCPeerConnection;
}

export interface RoomEvents {
  "peer-joined": { peer: Peer };
  /** State, path, name or role changed. */
  "peer-updated": { peer: Peer };
  "peer-left": { peer: Peer; reason: LeftReason };
  /**
   * This RTCPeerConnection is about to be negotiated with the peer, its first one or a replacement:
   * add your tracks and channels here, and they ride in the next negotiation.
   */
  connection: { peer: Peer; connection: RTCPeerConnection };
  track: { peer: Peer; track: MediaStreamTrack; streams: readonly MediaStream[] };
  text: { from: Peer; text: string; via: Via; broadcast: boolean };
  data: { from: Peer; data: unknown; via: Via; broadcast: boolean };
  state: { state: RoomState };
  /** The end; said once. `left` after `leave()`. */
  closed: { code: ErrorCode; message: string };
  /** Something went wrong that ends nothing. */
  error: { code: ErrorCode; message: string };
}

export type Listener<E> = (event: E) => void;

export interface Room {
  /** The room's name. */
  readonly id: string;
  readonly self: { readonly id: string; readonly name: string; readonly role: Role };
  /** The current peer token; give it to `join` to come back as the same peer after a reload. */
  readonly token: string;
  /** Empty at first: everyone is announced by `peer-joined`, so listen right after `join`. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** Of the signaling socket; peer-to-peer connections neither wait for it nor end with it. */
  readonly state: RoomState;
  readonly capacity: number;
  readonly locked: boolean;

  /** Listens; the answer stops it. */
  on<K extends keyof RoomEvents>(event: K, listener: Listener<RoomEvents[K]>): () => void;
  /** Any JSON to one peer. Rejects with `too_large`, `peer_not_found`, `backend_away`, `closed` and the like. */
  send(peerId: string, data: unknown): Promise<Via>;
  /** Any JSON to everyone; `server` if anyone had to get it that way. */
  broadcast(data: unknown): Promise<Via>;
  /** 1–4,096 characters to one peer, or to everyone. */
  sendText(text: string, peerId?: string): Promise<Via>;
  /** Leaves for good; a second call does nothing. */
  leave(): Promise<void>;

  /** Host only, like the next two. */
  kick(peerId: string): Promise<void>;
  lock(locked: boolean): Promise<void>;
  invite(options?: InviteOptions): Promise<Invite>;
}

export interface InviteOptions {
  /** 1–1,000, 1 unless said. */
  uses?: number;
  /** Seconds, a day unless said. */
  ttl?: number;
}

export interface Invite {
  invite: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  uses: number;
}

/** When peers get a TURN relay: once a direct path has failed, from the start, or never. */
export type TurnPolicy = "late" | "eager" | "off";

export interface RoomOptions {
  room?: string;
  /** 2–32, 8 unless said. */
  capacity?: number;
  inviteOnly?: boolean;
  /** Seconds. */
  ttl?: number;
  /** `late` unless said. */
  turn?: TurnPolicy;
  /** How many of a pair may hold a relay; 2 unless said. */
  turnSides?: 1 | 2;
}

export interface CreateRoomOptions extends RoomOptions {
  /** "/api" or "https://app.example/api". */
  backend: string;
  signal?: AbortSignal;
  /** The backend asks for a proof of work, which takes a second or so. */
  onProof?: () => void;
  fetch?: typeof fetch;
}

export interface CreatedRoom {
  room: string;
  hostToken: string;
  invite: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  capacity: number;
  inviteOnly: boolean;
  turn?: TurnPolicy;
  turnSides?: 1 | 2;
}

export interface JoinOptions {
  /** "/api" or "https://app.example/api". */
  backend: string;
  room: string;
  name?: string;
  invite?: string;
  /** From `createRoom`: join as a host. */
  hostToken?: string;
  /** A peer token from `Room.token`: come back as the same peer. Wins over `hostToken`. */
  token?: string;
  /**
   * Merged over our own; the backend's `iceServers` and relays are used unless it names some.
   * With `iceTransportPolicy: "relay"` a relay is asked for from the start.
   */
  rtc?: RTCConfiguration;
  /**
   * Say how each connection went when it has ended: times, kind of path, amounts, and nothing that
   * tells whose it was (docs/protocol.md, `POST /api/report`). True unless said.
   */
  report?: boolean;
  /** Ends a join under way; it does not end the room later (that is `leave`). */
  signal?: AbortSignal;
  /** The backend asks for a proof of work, which takes a second or so. */
  onProof?: () => void;
  fetch?: typeof fetch;
}
