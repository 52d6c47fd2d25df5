/** The SDK's surface in memory: rooms that a test opens, speaks for and closes. */
import {
  type CreatedRoom,
  type CreateRoomOptions,
  type ErrorCode,
  HeliographError,
  type Invite,
  type InviteOptions,
  type JoinOptions,
  type Listener,
  type Peer,
  type Role,
  type Room,
  type RoomEvents,
  type RoomState,
  type Sendable,
  type SendFileOptions,
  type Sending,
  type SentVia,
  type Transfer,
} from "@heliograph/client";
import { INVITE_2 } from "../app/examples.js";
import { Answer } from "./answer.js";
import { MemoryMedia } from "./memory-media.js";

export const refusal = (code: ErrorCode, retryAfter?: number): HeliographError =>
  new HeliographError(code, code, retryAfter === undefined ? {} : { retryAfter });

export const peer = (change: Partial<Peer> = {}): Peer => ({
  id: "b",
  name: "Ben",
  role: "guest",
  state: "connecting",
  path: "server",
  connection: {} as RTCPeerConnection, // the page does not touch it
  words: null,
  safetyWords: () => new Promise(() => {}),
  media: new Map(),
  ...change,
});

/** What the page asked a room for. */
export type Call = readonly [name: string, ...given: unknown[]];

export class MemoryRoom implements Room {
  readonly self: { id: string; name: string; role: Role };
  readonly secret = "not-used-by-the-page-1";
  readonly peers = new Map<string, Peer>();
  state: RoomState = "connected";
  capacity = 8;
  locked = false;
  readonly media = new MemoryMedia((...said) => this.emit("sending", ...said));
  readonly calls: Call[] = [];
  /** What the next calls answer; an error is thrown. */
  answers: { via: SentVia; error: HeliographError | null; invite: string } = {
    via: "p2p",
    error: null,
    invite: INVITE_2,
  };
  private readonly listeners = new Map<string, Set<Listener<never>>>();

  constructor(
    readonly id: string,
    name: string,
    role: Role = "guest",
  ) {
    this.self = { id: "me", name, role };
  }

  on<K extends keyof RoomEvents>(event: K, listener: Listener<RoomEvents[K]>): () => void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
    return () => void all.delete(listener);
  }

  /** Says something to the page. */
  emit<K extends keyof RoomEvents>(event: K, said: RoomEvents[K]): void {
    for (const listener of this.listeners.get(event) ?? [])
      (listener as Listener<RoomEvents[K]>)(said);
  }

  change(state: RoomState): void {
    this.state = state;
    this.emit("state", { state });
  }

  send(peerId: string, data: unknown): Sending {
    return this.sending("send", peerId, data);
  }

  broadcast(data: unknown): Sending {
    return this.sending("broadcast", data);
  }

  sendText(text: string): Sending {
    return this.sending("sendText", text);
  }

  sendFile(what: Sendable | readonly Sendable[], options: SendFileOptions): Promise<Transfer[]> {
    return this.call([], "sendFile", what, options);
  }

  leave(): Promise<void> {
    return this.call(undefined, "leave");
  }

  kick(peerId: string): Promise<void> {
    return this.call(undefined, "kick", peerId);
  }

  /** As the SDK's: whoever is in the room hears of the change, before the call has an answer. */
  async lock(locked: boolean): Promise<void> {
    await this.call(undefined, "lock", locked);
    this.setLocked(locked);
  }

  /** Somebody has locked or opened the room. The same state again is no event. */
  setLocked(locked: boolean): void {
    if (locked === this.locked) return;
    this.locked = locked;
    this.emit("locked", { locked });
  }

  revoke(invite: string): Promise<void> {
    return this.call(undefined, "revoke", invite);
  }

  invite(options: InviteOptions = {}): Promise<Invite> {
    const made = { invite: this.answers.invite, expiresAt: 1, uses: options.uses ?? 1 };
    return this.call(made, "invite", options);
  }

  /** What becomes of the messages, in order: a test settles it. */
  readonly deliveries: Answer<readonly string[]>[] = [];

  private sending(...call: Call): Sending {
    const delivery = new Answer<readonly string[]>();
    this.deliveries.push(delivery);
    return Object.assign(this.call(this.answers.via, ...call), { delivered: delivery.promise });
  }

  private async call<T>(answer: T, ...call: Call): Promise<T> {
    this.calls.push(call);
    if (this.answers.error) throw this.answers.error;
    return answer;
  }
}

const ROOM = /^([A-Za-z0-9_-]{1,64}|~[A-Za-z0-9_-]{22})$/;
const SECRET = /^[A-Za-z0-9_-]{22,64}$/;

interface Asked<O, T> {
  readonly options: O;
  readonly answer: Answer<T>;
}

/** Collects joins and new rooms; a test answers them, in any order. */
export class MemorySdk {
  readonly joins: Asked<JoinOptions, Room>[] = [];
  readonly creations: Asked<CreateRoomOptions, CreatedRoom>[] = [];

  /** Refuses what the backend refuses: protocol §1. */
  readonly join = (options: JoinOptions): Promise<Room> => {
    const { room, secret, backends } = options;
    if (!ROOM.test(room)) return Promise.reject(refusal("invalid_room"));
    if (!SECRET.test(secret ?? "")) return Promise.reject(refusal("invalid_secret"));
    if (backends.length === 0) return Promise.reject(refusal("backend_away"));
    return ask(this.joins, options);
  };
  readonly createRoom = (options: CreateRoomOptions): Promise<CreatedRoom> =>
    ask(this.creations, options);

  get lastJoin(): Asked<JoinOptions, Room> {
    return last(this.joins);
  }

  get lastCreation(): Asked<CreateRoomOptions, CreatedRoom> {
    return last(this.creations);
  }
}

function ask<O, T>(asked: Asked<O, T>[], options: O): Promise<T> {
  const answer = new Answer<T>();
  asked.push({ options, answer });
  return answer.promise;
}

function last<T>(all: readonly T[]): T {
  const found = all.at(-1);
  if (!found) throw new Error("nothing has been asked yet");
  return found;
}
