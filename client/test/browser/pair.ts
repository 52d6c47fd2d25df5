/** Two members in one page, each with real connections, joined by a pipe in memory. */
import { type MediaPorts, type PeerPorts, RemotePeer } from "../../src/peer/peer.js";
import { Reports } from "../../src/report/reports.js";
import { sequence } from "../../src/wire/ids.js";
import type { Envelope, Message, Negotiation } from "../../src/wire/protocol.js";
import type { Report } from "../../src/wire/report.js";
import type { PeerChannel } from "../../src/wire/signaling-channel.js";
import { NO_MEDIA } from "../room/union.js";
import { Desk } from "./desk.js";

export const POLITE = "AAAAAAAAAAAAAAAA";
export const IMPOLITE = "BBBBBBBBBBBBBBBB";

export interface Side {
  peer: RemotePeer;
  /** What was given to the servers, lost or not. */
  sent: Envelope[];
  heard: Envelope[];
  connections: RTCPeerConnection[];
  tracks: MediaStreamTrack[];
  /** Codes of errors. */
  failures: string[];
  reports: Report[];
  /** Where it asks for relays. */
  desk: Desk;
  /** What comes through its channel for files. */
  file?: (data: unknown) => void;
  filesChanged?: () => void;
  /** By default nothing is sent, and nothing shown. */
  media: MediaPorts;
  /** The seq of its next message: for messages that a test makes up. */
  nextSeq(): number;
}

export interface PairOptions {
  starts: [polite: "offer" | "wait", impolite: "offer" | "wait"];
  /** True loses the message. */
  lose?: (envelope: Envelope, from: string) => boolean;
  delay?: number;
  blocked?: boolean;
  /** What the page does when it is told of a connection. */
  onConnection?: (connection: RTCPeerConnection) => void;
  /** By default no relays. */
  desks?: { polite?: Desk; impolite?: Desk };
}

export class Pair {
  readonly polite: Side;
  readonly impolite: Side;
  lose: (envelope: Envelope, from: string) => boolean;
  /** Nobody learns a candidate of the other: no direct path is found. */
  blocked = false;
  readonly #delay: number;
  readonly #onConnection: (connection: RTCPeerConnection) => void;

  constructor(options: PairOptions) {
    const { starts, lose = () => false, delay = 1, desks = {}, blocked = false } = options;
    this.blocked = blocked;
    this.lose = lose;
    this.#delay = delay;
    this.#onConnection = options.onConnection ?? (() => {});
    this.polite = this.#side(POLITE, IMPOLITE, starts[0], desks.polite);
    this.impolite = this.#side(IMPOLITE, POLITE, starts[1], desks.impolite);
  }

  get sides(): Side[] {
    return [this.polite, this.impolite];
  }

  get kinds(): string[] {
    return this.sides.flatMap((side) => side.sent.map((envelope) => envelope.kind));
  }

  deliver(from: string, envelope: Envelope): void {
    const receiver = from === POLITE ? this.impolite : this.polite;
    const message = this.blocked ? withoutCandidates(envelope) : envelope;
    receiver.peer.receive(envelope.seq, message as Message as Negotiation);
  }

  close(): void {
    for (const { peer } of this.sides) peer.close();
  }

  #side(self: string, other: string, start: "offer" | "wait", desk = new Desk("off")): Side {
    const lists = {
      media: NO_MEDIA,
      sent: [],
      heard: [],
      connections: [],
      tracks: [],
      failures: [],
      reports: [],
    };
    const side: Partial<Side> = { ...lists, desk, nextSeq: sequence(Date.now()) };
    const ports: PeerPorts = {
      self,
      turn: desk.turn,
      reports: new Reports({
        send: async (report) => void side.reports?.push(report),
        beacon: (report) => side.reports?.push(report),
      }),
      signaling: this.#channel(self, side as Side),
      heard: (_, envelope) => side.heard?.push(envelope),
      updated: () => {},
      connection: (peer) => {
        side.connections?.push(peer.connection);
        this.#onConnection(peer.connection);
      },
      track: (_, { track }) => side.tracks?.push(track),
      media: {
        prepare: (peer, offer) => side.media?.prepare(peer, offer),
        opened: (peer) => side.media?.opened(peer),
        received: (peer, body) => side.media?.received(peer, body),
      },
      file: (_, data) => side.file?.(data),
      filesChanged: () => side.filesChanged?.(),
      failed: (code) => side.failures?.push(code),
      mayConnect: () => true,
      refused: (url) => side.failures?.push(`refused ${url}`),
    };
    const profile = { name: "", role: "guest" as const };
    side.peer = new RemotePeer({ id: other, profile, start, newcomer: desk.newcomer }, ports);
    if (start === "offer") side.peer.announce();
    return side as Side;
  }

  #channel(self: string, { sent, nextSeq }: Side): PeerChannel {
    const send = (envelope: Envelope) => {
      sent.push(envelope);
      if (this.lose(envelope, self)) return;
      setTimeout(() => this.deliver(self, envelope), this.#delay);
    };
    const met = (peer: string) => `met ${peer}`;
    return { nextSeq, send, post: async (envelope) => send(envelope), doubt: () => {}, met };
  }
}

function withoutCandidates(envelope: Envelope): Envelope {
  if (envelope.kind === "candidates") {
    return { ...envelope, body: { ...envelope.body, candidates: [] } };
  }
  if (envelope.kind !== "offer" && envelope.kind !== "answer") return envelope;
  const { candidates: _, ...body } = envelope.body;
  const sdp = body.sdp.replace(/^a=candidate:.*\r\n/gm, "");
  return { ...envelope, body: { ...body, sdp } } as Envelope;
}

export async function until(condition: () => boolean, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function bothUp(pair: Pair, ms?: number): Promise<void> {
  await until(() => pair.sides.every(({ peer }) => peer.state === "connected"), ms);
}
