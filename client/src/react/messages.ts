/**
 * What was written in a room, sent and received. A message of ours is in one of these states:
 *
 * | State | Event | Then |
 * |---|---|---|
 * | sending | it is on its way | sent |
 * | sending | nobody is there | unheard |
 * | sending, sent | everyone has it who was there | delivered |
 * | sending, sent | it was refused, or somebody cannot get it any more | failed, with the error |
 */
import type { HeliographError, Peer, Room, Sending, SentVia, Via } from "../index.js";
import { toError } from "./failure.js";
import { perRoom } from "./per-room.js";
import { Store } from "./store.js";

/** Of a room; the oldest are dropped. */
const MAX_MESSAGES = 1_000;

interface Content {
  /** For React's `key`: unique in the room. */
  readonly id: number;
  /** Null if it is data. */
  readonly text: string | null;
  /** Any JSON; undefined if it is a text. */
  readonly data: unknown;
}

/** A message from somebody. */
export interface ReceivedMessage extends Content {
  readonly direction: "in";
  readonly from: Peer;
  readonly via: Via;
  /** It was sent to everyone. */
  readonly broadcast: boolean;
}

export type SentState = "sending" | "sent" | "delivered" | "unheard" | "failed";

/** A message of ours. */
export interface SentMessage extends Content {
  readonly direction: "out";
  /** The id of a peer; null: everyone. */
  readonly to: string | null;
  readonly state: SentState;
  /** Null until it is on its way. */
  readonly via: SentVia | null;
  /** Why it has failed. */
  readonly error: HeliographError | null;
}

export type ChatMessage = ReceivedMessage | SentMessage;

export class Messages {
  readonly store: Store<readonly ChatMessage[]>;
  readonly #room: Room;
  #next = 0;

  constructor(room: Room) {
    this.#room = room;
    this.store = new Store<readonly ChatMessage[]>([], () => this.#listen());
  }

  sendText(text: string, to?: string): Promise<SentVia> {
    return this.#sent({ text, data: undefined }, this.#room.sendText(text, to), to);
  }

  send(data: unknown, to?: string): Promise<SentVia> {
    const sending = to === undefined ? this.#room.broadcast(data) : this.#room.send(to, data);
    return this.#sent({ text: null, data }, sending, to);
  }

  #listen(): void {
    this.#room.on("text", (told) => this.#add({ direction: "in", data: undefined, ...told }));
    this.#room.on("data", (told) => this.#add({ direction: "in", text: null, ...told }));
  }

  #sent(content: Omit<Content, "id">, sending: Sending, to?: string): Promise<SentVia> {
    const id = this.#add({
      ...content,
      direction: "out",
      to: to ?? null,
      state: "sending",
      via: null,
      error: null,
    });
    const failed = (error: unknown) => this.#change(id, { state: "failed", error: toError(error) });
    sending.then((via) => {
      this.#change(id, via === "nobody" ? { via, state: "unheard" } : { via, state: "sent" });
      sending.delivered.then(() => this.#change(id, { state: "delivered" }), failed);
    }, failed);
    return sending;
  }

  #add(message: Omit<ReceivedMessage, "id"> | Omit<SentMessage, "id">): number {
    const id = this.#next++;
    this.store.update((all) => [...all, { ...message, id }].slice(-MAX_MESSAGES));
    return id;
  }

  /** Nobody was there to hear what is unheard, so nothing changes it. */
  #change(id: number, change: Partial<Pick<SentMessage, "state" | "via" | "error">>): void {
    this.store.update((all) =>
      all.map((one) =>
        one.id === id && one.direction === "out" && one.state !== "unheard"
          ? { ...one, ...change }
          : one,
      ),
    );
  }
}

export const messagesOf = perRoom((room) => new Messages(room));
