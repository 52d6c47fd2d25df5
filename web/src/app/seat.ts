/** What this browser knows about one room before it asks to be let in. */
import type { HostKey } from "./host.js";

/** Who we are in a room. */
export interface Seat {
  /** 22–64 characters. The same secret is the same peer (protocol §2). */
  readonly secret: string;
  /** The name we had in the room. */
  readonly name?: string;
  /** This tab was in the room when it was last heard of: a reload goes back in by itself. */
  readonly inside: boolean;
  /** This browser made the room: it comes in as a host. */
  readonly host?: HostKey;
}

/** A change of a kept seat. */
export interface SeatChange {
  readonly secret?: string;
  readonly name?: string;
  readonly inside?: boolean;
  /** One more code that leads to the same room. */
  readonly code?: string;
}

const SECRET = /^[A-Za-z0-9_-]{22,64}$/; // protocol §2

/** True if `text` may be a secret. */
export const isSecret = (text: unknown): text is string =>
  typeof text === "string" && SECRET.test(text);
