/** Observes the connection to one peer from meeting to end, whatever replaces it, for one report. */
import { withTimeout } from "../timing/backoff.js";
import type { Medium, TurnUse } from "../wire/report.js";
import type { Observed } from "./report.js";
import { statsOf } from "./stats.js";
import { type Step, Stopwatch } from "./stopwatch.js";
import { type Traffic, trafficOf } from "./traffic.js";

// A page that goes away can read no statistics any more, so they are read now and then before.
const FIRST_READ_MS = 5_000; // the interval doubles with each read
const MAX_READ_INTERVAL_MS = 30_000;
const READ_TIMEOUT_MS = 250; // at the end the connection is kept open so long

/** What a recorder asks of the owner of the connection. */
export interface RecorderPorts {
  /** We are the impolite one (W3C WebRTC §10.7): a call is counted by the report of that side. */
  readonly first: boolean;
  /** ms that the negotiate call took, if one led us to the peer. */
  readonly admitMs?: number | undefined;
  /** The stamp's proof that we have met the peer; "" if there is none. */
  met(): string;
  /** What came of requests for a TURN credential. */
  turn(): Exclude<TurnUse, "used">;
  /** The ICE servers that were granted last, with the proof of it. */
  servers(): readonly RTCIceServer[];
  /** The peer is absent: its socket or its seat is gone. */
  peerGone(): boolean;
}

/** What is read of an `RTCPeerConnection`. */
export type RecordedConnection = Pick<
  RTCPeerConnection,
  | "connectionState"
  | "iceConnectionState"
  | "sctp"
  | "getStats"
  | "getTransceivers"
  | "addEventListener"
>;

type Bytes = Pick<Traffic, "up" | "down">;
type Ended = Omit<
  Observed,
  "admitMs" | "side" | "used" | "bytesUp" | "bytesDown" | "media" | "retries"
>;

/** Records one connection to one peer. `Reports` creates it and sends what it recorded. */
export class ConnectionRecorder {
  readonly #ports: RecorderPorts;
  readonly #stopwatch = new Stopwatch(performance.now());
  readonly #bytes: Bytes[] = []; // of each connection
  readonly #media = new Set<Medium>();
  #connection: RecordedConnection | null = null;
  #selected: Pick<Traffic, "candidateType" | "transport"> = {};
  #retries = 0;
  #failed = false;
  #turnUsed = false;
  #ended: Ended | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /** Observes this connection from now on. The second one and those after it count as retries. */
  follow(connection: RecordedConnection): void {
    if (this.#connection) this.retried();
    this.#connection = connection;
    this.#bytes.push({ up: 0, down: 0 });
    connection.addEventListener("iceconnectionstatechange", () => this.#iceChanged(connection));
  }

  /** The step is reached now; only the first time counts. */
  mark(step: Step): void {
    this.#stopwatch.mark(step, performance.now());
  }

  /** ICE was restarted, or the connection replaced. Before the first description it is no retry. */
  retried(): void {
    if (this.#stopwatch.reached("described")) this.#retries += 1;
  }

  /** The state of the connection has changed. `up`: messages can go peer to peer. */
  changed(up: boolean): void {
    if (this.#ended) return;
    const state = this.#connection?.connectionState;
    if (state === "failed") this.#failed = true;
    if (state === "connected") {
      this.mark("ice");
      this.mark("dtls");
    }
    if (up) {
      this.mark("open");
      if (this.#timer === undefined) this.#readLater(FIRST_READ_MS);
    }
    this.#stopwatch.up(up, performance.now());
  }

  /** Reads bytes, media and path, within 250 ms. The connection has to be open: closed ones tell nothing. */
  async read(): Promise<void> {
    const [connection, bytes] = [this.#connection, this.#bytes.at(-1)];
    if (!connection || !bytes || !this.#stopwatch.reached("ice")) return;
    this.#noteMedia();
    const stats = await withTimeout(READ_TIMEOUT_MS, statsOf(connection)).catch(() => null);
    if (stats) this.#noteTraffic(trafficOf(stats), bytes);
  }

  /** The connection is over: how far it came and its duration are fixed. A `read` under way still counts. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ended ??= this.#ending();
  }

  /** What there is to report, as it is now or was at the end. */
  observed(): Observed {
    const ended = this.#ended ?? this.#ending();
    const { admitMs, first } = this.#ports;
    const sum = (way: keyof Bytes) => this.#bytes.reduce((total, bytes) => total + bytes[way], 0);
    return {
      ...ended,
      ...this.#selected,
      side: first ? "first" : "second",
      admitMs,
      bytesUp: sum("up"),
      bytesDown: sum("down"),
      media: [...this.#media],
      retries: this.#retries,
      used: this.#turnUsed,
    };
  }

  #ending(): Ended {
    const [stopwatch, now] = [this.#stopwatch, performance.now()];
    this.#noteMedia();
    return {
      met: this.#ports.met(),
      endedAt: now,
      steps: new Map(stopwatch.steps),
      failed: this.#failed,
      waitedMs: stopwatch.waitedMs(now),
      peerGone: this.#ports.peerGone(),
      duration: stopwatch.upForMs(now) / 1_000,
      turn: this.#ports.turn(),
      servers: this.#ports.servers(),
    };
  }

  #iceChanged(connection: RecordedConnection): void {
    const { iceConnectionState } = connection;
    if (iceConnectionState !== "connected" && iceConnectionState !== "completed") return;
    this.mark("ice");
    // The connection's own event comes late, when the channel is open already.
    const dtls = connection.sctp?.transport;
    const dtlsChanged = () => dtls?.state === "connected" && this.mark("dtls");
    dtls?.addEventListener("statechange", dtlsChanged);
    dtlsChanged();
  }

  #noteTraffic({ up, down, ours, ...selected }: Traffic, bytes: Bytes): void {
    bytes.up = Math.max(bytes.up, up);
    bytes.down = Math.max(bytes.down, down);
    if (selected.candidateType) this.#selected = selected;
    if (ours) this.#turnUsed = true;
  }

  #noteMedia(): void {
    const all = this.#connection?.getTransceivers() ?? [];
    const live = all.filter(({ currentDirection }) => /send|recv/.test(currentDirection ?? ""));
    for (const { receiver } of live) this.#media.add(receiver.track.kind as Medium);
  }

  #readLater(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.read();
      this.#readLater(Math.min(MAX_READ_INTERVAL_MS, ms * 2));
    }, ms);
  }
}
