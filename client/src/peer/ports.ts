/** What each part asks of its owner. */

import type { ErrorCode } from "../errors.js";
import type { Reports } from "../report/reports.js";
import type { TurnAccess } from "../turn/access.js";
import type { Grant } from "../turn/credential.js";
import type { Role } from "../types.js";
import type { Description, Envelope } from "../wire/protocol.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";
import type { Held } from "./held.js";
import type { RemotePeer } from "./peer.js";

/** What a link asks of whoever owns it. */
export interface LinkPorts {
  nextSeq(): number;
  /** Should they bring a relay too? */
  readonly bring: boolean;
  /** Before we describe ourselves, in answer to `offer` or not: undefined if nothing is missing. */
  ready(offer?: Description): Promise<void> | undefined;
  /** Both descriptions are set. */
  described(): void;
  /** Through the servers. */
  post(envelope: Envelope): void;
  /** From the channel. */
  received(envelope: Envelope): void;
  changed(): void;
  failed(error: unknown): void;
  track(event: RTCTrackEvent): void;
}

export interface LinkSetup {
  pc: string;
  polite: boolean;
  /** Waits for their offer, or is parked. */
  quiet: boolean;
  rtc: RTCConfiguration;
  /** The relay in `rtc`, if there is one. */
  grant: Grant | null;
  ports: LinkPorts;
}

/** What a peer asks of the room. */
export interface PeerPorts {
  readonly self: string;
  readonly held: Held;
  readonly turn: TurnAccess;
  readonly reports: Reports;
  readonly signaling: SignalingChannel;
  /** Text, data and bye from the channel. */
  heard(peer: RemotePeer, envelope: Envelope): void;
  updated(peer: RemotePeer): void;
  connection(peer: RemotePeer): void;
  track(peer: RemotePeer, event: RTCTrackEvent): void;
  /** Becomes the room's event `error`. */
  failed(code: ErrorCode, message: string): void;
}

export interface Profile {
  name: string;
  role: Role;
}
