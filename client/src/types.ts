/** The public types: what an application holds, calls and listens to. */
import type { ErrorCode, HeliographError } from "./errors.js";

/** A host can kick, lock and invite. */
export type Role = "guest" | "host";
/** How a message travelled: through data channels, or through the server. */
export type Via = "p2p" | "server";
/** How a message of ours travels; `nobody`: nobody else was in the room, so it went nowhere. */
export type SentVia = Via | "nobody";
/** Where a peer's traffic goes: peer to peer, through a TURN server, or through ours (no connection yet). */
export type Path = "direct" | "relayed" | "server";
/** `failed`: six tries did not help; it is tried again when there is news of the peer. */
export type PeerState = "connecting" | "connected" | "reconnecting" | "failed";
/** Of signaling: `connected` while a socket to any stamp is open; `closed` is the end. */
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
  /**
   * Add tracks and channels to it, best in the event `connection`: it is replaced when the member's
   * page reloads. While the browser makes none (Chromium has some 500 at most) it is a closed one.
   * Ids 0 and 1 of its channels are ours. In a room that uses `room.media` add tracks by
   * `addTransceiver`: those of `addTrack` could get into its slots.
   */
  readonly connection: RTCPeerConnection;
  /**
   * Three English words that are the same on both sides of the connection if nobody is in between.
   * Null before either side has asked, and when the connection has become another one.
   */
  readonly words: readonly string[] | null;
  /**
   * Agrees with the peer on these words, for people who read them to each other. The first call loads
   * code and needs 1.5 round trips. Rejects with `not_connected`, `no_answer` (after 10 s),
   * `safety_mismatch`, `not_loaded`, and with `unsupported` on a page without HTTPS, or where the
   * two descriptions name more than one certificate each.
   */
  safetyWords(): Promise<readonly string[]>;
  /** What it sends by its `room.media`; a source that it does not send is missing. */
  readonly media: ReadonlyMap<MediaSource, PeerMedia>;
}

/** What can be sent by `room.media`. `screen-audio`: the sound of what is on the screen. */
export type MediaSource = "microphone" | "camera" | "screen" | "screen-audio";

/** What a peer sends from one source. */
export interface PeerMedia {
  readonly track: MediaStreamTrack;
  /**
   * For the `srcObject` of an element: microphone and camera are in one stream, the screen and its
   * sound in another. It holds the tracks that are sent now, and stays the same when these change.
   */
  readonly stream: MediaStream;
  /** The peer has muted it, and sends nothing of it: a picture stands still. */
  readonly muted: boolean;
}

/** The events of a room, and what a listener gets. */
export interface RoomEvents {
  /** A member is here. */
  "peer-joined": { peer: Peer };
  /** State, path, name, role or safety words changed. */
  "peer-updated": { peer: Peer };
  /** A member is gone, and its connection is closed. */
  "peer-left": { peer: Peer; reason: LeftReason };
  /**
   * This RTCPeerConnection is about to be negotiated with the peer, its first one or a replacement:
   * tracks and channels that you add here are part of the next offer or answer.
   */
  connection: { peer: Peer; connection: RTCPeerConnection };
  /** What a peer sends by its `room.media` has changed; null: it does not send this any more. */
  media: {
    peer: Peer;
    source: MediaSource;
    track: MediaStreamTrack | null;
    stream: MediaStream | null;
    muted: boolean;
  };
  /**
   * What we send by `room.media` has changed, also because a device was unplugged or the user stopped
   * sharing in the browser's own window; null: it is not sent any more.
   */
  sending: { source: MediaSource; track: MediaStreamTrack | null; muted: boolean };
  /** A device was plugged in or out, once `room.media` is in use. */
  devices: { devices: readonly MediaDeviceInfo[] };
  /**
   * A track has arrived that a peer has added to its connection (`RTCPeerConnection.ontrack`). Those of
   * `room.media` come by the event `media`.
   */
  track: { peer: Peer; track: MediaStreamTrack; streams: readonly MediaStream[] };
  /** A text came; `broadcast`: it was sent to everyone. */
  text: { from: Peer; text: string; via: Via; broadcast: boolean };
  /** Any JSON came. */
  data: { from: Peer; data: unknown; via: Via; broadcast: boolean };
  /** Somebody offers a file: accept or decline it. */
  file: { transfer: Transfer };
  /** The state of a transfer changed, or how far it is; the latter at most ten times a second. */
  "transfer-updated": { transfer: Transfer };
  /** `Room.locked` changed. */
  locked: { locked: boolean };
  /** `Room.state` changed. */
  state: { state: RoomState };
  /** The end, once. The code is `left` after `leave()`. */
  closed: { code: ErrorCode; message: string };
  /** Something failed, and the room goes on. */
  error: { code: ErrorCode; message: string };
}

/** Gets what the event carries. What it throws is reported as an uncaught error. */
export type Listener<E> = (event: E) => void;

/** A room that we have joined. Its calls reject with a `HeliographError`. */
export interface Room {
  /** The room's name; of a created room the code that lets nobody in by itself if it is invite-only. */
  readonly id: string;
  readonly self: { readonly id: string; readonly name: string; readonly role: Role };
  /** Who we are: give it to `join` to come back as the same peer after a reload. Keep it secret. */
  readonly secret: string;
  /** Empty at first: everyone is announced by `peer-joined`, so listen right after `join`. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** Of signaling. Peer-to-peer connections do not wait for it and do not end with it. */
  readonly state: RoomState;
  /** How many members the room takes, ourselves included. */
  readonly capacity: number;
  /** Nobody new is admitted, as a stamp has told last. */
  readonly locked: boolean;

  /** Adds a listener; the answer removes it. */
  on<K extends keyof RoomEvents>(event: K, listener: Listener<RoomEvents[K]>): () => void;
  /**
   * Sends any JSON to one peer: at most 256 KiB peer to peer, 32 KiB through the server. Resolves
   * when the channel or the service has taken it, which does not say that the peer has it: `delivered`
   * of what it answers says that. Rejects with `too_large`, `invalid_message`, `peer_not_found`,
   * `rate_limited`, `backend_away`, `closed` …
   */
  send(peerId: string, data: unknown): Sending;
  /** The same to everyone: `server` if any member got it that way, `nobody` if we are alone. */
  broadcast(data: unknown): Sending;
  /** Sends a text of 1–4,096 characters to one peer, or to everyone. */
  sendText(text: string, peerId?: string): Sending;
  /**
   * Offers files to one peer, or to everyone who is there: a transfer for each file and receiver. It
   * goes on by itself after a broken connection, and when the receiver's page is loaded again while
   * parts of the file are on its disk. Rejects with `peer_not_found`, `invalid_file`, `not_loaded`.
   */
  sendFile(what: Sendable | readonly Sendable[], options?: SendFileOptions): Promise<Transfer[]>;
  /** Microphone, camera and screen, for everyone who is there and who comes later. */
  readonly media: Media;
  /** Leaves for good; a second call does nothing. It never rejects, and takes 2 s at most. */
  leave(): Promise<void>;

  /**
   * Removes a member, and revokes the invite by which it came. Host only, like the next three:
   * others get `not_host`. Resolves when one stamp has done it; the others follow.
   */
  kick(peerId: string): Promise<void>;
  /** Locks the room, or opens it. */
  lock(locked: boolean): Promise<void>;
  /** Makes an invite for an invite-only room. */
  invite(options?: InviteOptions): Promise<Invite>;
  /** Ends an invite: it admits nobody new. Whoever came by it stays. */
  revoke(invite: string): Promise<void>;
}

/** A message on its way: resolves with how it travels. */
export interface Sending extends Promise<SentVia> {
  /**
   * Resolves once everyone has it who was there when it was sent, with their ids (none if nobody was
   * there). Until then it is sent again, also through the server and by a new connection. Rejects when
   * everyone either has it or cannot get it any more, with the reason: `peer_gone` (has left, or did
   * not come back within 30 s), `undelivered` (said nothing for 60 s, or more than 256 messages
   * waited), `closed`; `HeliographError.peers` are those who do not have it. If the message itself was
   * refused, it rejects alike. Nobody has to listen: it is never an unhandled rejection.
   */
  readonly delivered: Promise<readonly string[]>;
}

/**
 * What we send to everyone who is there and to those who come later: at most one track from each source.
 * Starting, stopping, muting and another device cost no negotiation once a pair has had its first track.
 */
export interface Media {
  /** What we send now. */
  readonly sending: ReadonlyMap<MediaSource, SentMedia>;
  /**
   * Opens the microphone, the camera or the screen and sends it, in place of what that source sends
   * already. Resolves with the track when we have it, which does not say that the peers have it.
   * Rejects with `media_denied`, `media_not_found`, `media_busy`, `invalid_options`, `unsupported`,
   * `not_loaded`, `closed`.
   */
  start(source: MediaSource, options?: StartOptions): Promise<MediaStreamTrack>;
  /** Ends it; the screen ends with its sound. Does nothing if it is not sent. */
  stop(source: MediaSource): void;
  /** Sends nothing of it until it is unmuted, which takes no time. Does nothing if it is not sent. */
  mute(source: MediaSource, muted: boolean): void;
  /** Sends from another device; whether it is muted stays. If it is not sent yet, as `start`. */
  use(source: "microphone" | "camera", deviceId: string): Promise<MediaStreamTrack>;
  /** Microphones, cameras and loudspeakers. Without a permission a browser hides ids and labels. */
  devices(): Promise<readonly MediaDeviceInfo[]>;
}

/** Options of `openChannel`. Without more than an id everything arrives, in order. */
export interface ChannelOptions {
  /** 2–65,534, the same at all members. */
  id: number;
  /** False: what comes late does not hold up what comes after it. */
  ordered?: boolean;
  /** How often what is lost is sent again. At most one of this and the next. */
  maxRetransmits?: number;
  /** For how many ms. */
  maxPacketLifeTime?: number;
}

/** What has come by a channel that `openChannel` has opened. */
export interface ChannelMessage {
  readonly from: Peer;
  /** A text as a string, bytes as an ArrayBuffer. */
  readonly data: string | ArrayBuffer;
}

/** A data channel with everyone. */
export interface RoomChannel {
  /**
   * To everyone whose channel is open, or to one; peer to peer alone, 256 KiB at most. Answers the
   * ids of those to whom it is on its way. Nothing is kept for the others.
   */
  send(data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer>, peerId?: string): string[];
  /** For good. */
  close(): void;
}

/** What we send from one source. */
export interface SentMedia {
  readonly track: MediaStreamTrack;
  readonly muted: boolean;
}

/** Options of `Media.start`. */
export interface StartOptions {
  /** Of a microphone or camera; by default the browser's choice. */
  deviceId?: string;
  /**
   * A track of yours in place of a device: a canvas, a file, a stream of your own. We never stop it,
   * and it counts as stopped when it ends. `screen-audio` always has one.
   */
  track?: MediaStreamTrack;
  /** With the screen also its sound, where browser and user allow it. By default false. */
  audio?: boolean;
  /** For the device: size, rate, echo cancellation … By default the browser's choice. */
  constraints?: MediaTrackConstraints;
}

/** What can be sent: a file, bytes, or a stream, which goes to one peer only. */
export type Sendable = Blob | ReadableStream<Uint8Array>;

/** Options of `Room.sendFile`. */
export interface SendFileOptions {
  /** By default everyone who is there. */
  to?: string;
  /** Folders and name, joined by `/`. By default those of the file, also as a chosen folder gives them. */
  path?: string;
  /** Bytes of a stream, if they are known. */
  size?: number;
  /** The media type of a stream. */
  type?: string;
}

/**
 * Where a file goes that is accepted: memory, the browser's own disk (OPFS), or a place of yours, such
 * as what `showSaveFilePicker` gives.
 */
export type FileTarget =
  | "memory"
  | "disk"
  | WritableStream<Uint8Array<ArrayBuffer>>
  | FileSystemFileHandle;

/**
 * `offered`: not answered yet. `accepted`: nothing has moved yet. `paused`: by either side. The last
 * four are the end.
 */
export type TransferState =
  | "offered"
  | "accepted"
  | "moving"
  | "paused"
  | "done"
  | "failed"
  | "declined"
  | "cancelled";

/** One file on its way to one peer, or from it. A live object: read it again after `transfer-updated`. */
export interface Transfer {
  readonly id: string;
  /** `up`: we send it. */
  readonly direction: "up" | "down";
  readonly peerId: string;
  /** Fit to be shown, and to be written to a disk: what would lead out of a folder or mislead is gone. */
  readonly name: string;
  /** Folders and name, joined by `/`. */
  readonly path: string;
  /** Bytes; null for a stream of unknown length. */
  readonly size: number | null;
  readonly type: string;
  readonly state: TransferState;
  /** There is no connection at the moment. */
  readonly interrupted: boolean;
  /** The connection goes through a TURN relay. */
  readonly relayed: boolean;
  /**
   * What the backend counts with for one side of a relayed connection in ten minutes: more is dear, and
   * the room may get no relay after that. Null if the connection is direct, or nobody has said.
   */
  readonly relayBytes: number | null;
  /** How many bytes the receiver has checked and kept. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** Null if that cannot be said. */
  readonly secondsLeft: number | null;
  /** Why it has failed, was declined or cancelled. */
  readonly error: HeliographError | null;
  /**
   * Resolves once the receiver has all of it and the hashes agree: with the file where we receive it to
   * memory or disk, else with null. Rejects with `error`.
   */
  readonly done: Promise<Blob | null>;
  /**
   * Takes a file that is offered to us. By default up to 32 MiB go to memory and what is larger to the
   * browser's disk. Rejects with `file_too_large`, `file_unwritable`.
   */
  accept(to?: FileTarget): Promise<void>;
  decline(): void;
  /** Stops until `resume`, on either side. */
  pause(): void;
  resume(): void;
  /** Ends it, on either side. */
  cancel(): void;
}

/** Options of `Room.invite`. */
export interface InviteOptions {
  /** How many people it admits: 1–1,000, by default 1. */
  uses?: number;
  /** Seconds that it is good for: 60–604,800, by default a day; never longer than the room. */
  ttl?: number;
}

/** An invite for an invite-only room. */
export interface Invite {
  /** Give it to `join` as `room`. */
  invite: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  uses: number;
}

/** When peers get a TURN relay: when a direct path has failed, from the start, or never. */
export type TurnPolicy = "late" | "eager" | "off";

/** What a room is created with (docs/protocol.md §3, `POST /api/rooms`). */
export interface RoomOptions {
  /** 2–32 members, by default 8. */
  capacity?: number;
  /** Only people with an invite are admitted. By default false. */
  inviteOnly?: boolean;
  /** Seconds that the room exists: 60–86,400, by default a day. */
  ttl?: number;
  /** By default `late`. */
  turn?: TurnPolicy;
  /** How many of the two peers of a connection may hold a relay; by default 2. */
  turnSides?: 1 | 2;
}

/** One backend, or one for each stamp: "/api", ["https://eu.app.example/api", "https://us.app.example/api"]. */
export type Backends = string | readonly string[];

/** Options of `prepare`. */
export interface PrepareOptions {
  backends: Backends;
  /**
   * How many people are likely to join in the same moment, ourselves included: 2 by default, 9 at
   * most. For each of the others one connection is made ready.
   */
  people?: number;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** Options of `createRoom`. */
export interface CreateRoomOptions extends RoomOptions {
  /** The first one that answers makes the room; it exists on all of them. */
  backends: Backends;
  /** Ends the call; it then rejects with `aborted`. */
  signal?: AbortSignal;
  /** The backend asks for a proof of work, and it is being made: usually about a second, 30 s at most. */
  onProof?: () => void;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** A room that exists now. */
export interface CreatedRoom {
  /** Its name, a code of 23 characters: give it to `join`. */
  room: string;
  /** Keep it secret: whoever has it is a host. */
  hostToken: string;
  /** A code that admits `capacity` people: they give it to `join` as `room`. */
  invite: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  capacity: number;
  inviteOnly: boolean;
  turn?: TurnPolicy;
  turnSides?: 1 | 2;
}

/** Options of `join`. */
export interface JoinOptions {
  /** We are in the room on all of them; one that answers is enough. */
  backends: Backends;
  /** Any name of 1–64 characters `A-Z a-z 0-9 _ -`, the name of a created room, or an invite. */
  room: string;
  /** 0–64 characters, shown to the others. */
  name?: string;
  /** From `createRoom`: join as a host. */
  hostToken?: string;
  /** From `Room.secret`: come back as the same peer. 22–64 characters; a new one by default. */
  secret?: string;
  /**
   * For each `RTCPeerConnection`. With `iceServers` of your own, the backend's ones are not used and
   * TURN is not requested. With `iceTransportPolicy: "relay"` TURN is requested from the start.
   */
  rtc?: RTCConfiguration;
  /**
   * Send an anonymous report when a connection has ended: times, kind of path, amounts, and nothing
   * that tells whose it was (docs/protocol.md §3, `POST /api/report`). By default true.
   */
  report?: boolean;
  /**
   * Seconds of a working connection after which a room for two that is full closes its sockets, until
   * they are needed again: 60 by default, `Infinity` for never. `Room.state` stays `connected`.
   */
  sleepAfter?: number;
  /**
   * Tracks of yours that `room.media` sends from the start. They go along with the first negotiation,
   * and are never stopped by us.
   */
  media?: Partial<Record<MediaSource, MediaStreamTrack>>;
  /** Ends the joining; it does not end the room later (`Room.leave` does). */
  signal?: AbortSignal;
  /** The backend asks for a proof of work, and it is being made: usually about a second, 30 s at most. */
  onProof?: () => void;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}
