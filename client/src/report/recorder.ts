/** What comes of the connection to one peer, over all its links: watched while it lives, told once. */
import { withTimeout } from "../timing/backoff.js";
import { createReportId } from "../wire/ids.js";
import type { Medium, Report, TurnUse } from "../wire/report.js";
import { browserOf } from "./browser.js";
import { outcomeOf, reportOf } from "./report.js";
import { statsOf } from "./stats.js";
import { type Step, Stopwatch } from "./stopwatch.js";
import { type Traffic, trafficOf } from "./traffic.js";

const FIRST = 5_000; // ms until the traffic is read again; then twice as long
const MOST = 30_000; // ms: a page that goes away can read no more
const LAST = 250; // ms that a connection is kept open to be read

export interface RecorderPorts {
  /** We are the impolite one: a call is counted by its first side. */
  readonly first: boolean;
  /** ms that the negotiate call took, if one led us to the peer. */
  readonly admitMs?: number | undefined;
  /** What came of requests for a TURN credential. */
  turn(): Exclude<TurnUse, "used">;
  /** The peer's seat is gone. */
  peerGone(): boolean;
}

type Bytes = Pick<Traffic, "up" | "down">;
type Ended = Pick<Report, "endedAt" | "outcome" | "duration" | "turn">;

export class ConnectionRecorder {
  readonly #ports: RecorderPorts;
  readonly #id = createReportId();
  readonly #stopwatch = new Stopwatch(performance.now());
  readonly #bytes: Bytes[] = []; // of each link
  readonly #media = new Set<Medium>();
  #connection: RTCPeerConnection | null = null;
  #selected: Pick<Traffic, "candidateType" | "transport"> = {};
  #retries = 0;
  #failed = false;
  #used = false;
  #ended: Ended | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /** From now on this is the connection. */
  follow(connection: RTCPeerConnection): void {
    if (this.#connection) this.retried();
    this.#connection = connection;
    this.#bytes.push({ up: 0, down: 0 });
    connection.addEventListener("iceconnectionstatechange", () => this.#reached(connection));
  }

  mark(step: Step): void {
    this.#stopwatch.mark(step, performance.now());
  }

  /** ICE was restarted, or the link replaced; before anything was said that is no try. */
  retried(): void {
    if (this.#stopwatch.reached("described")) this.#retries += 1;
  }

  /** The connection's state is another. */
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
      if (this.#timer === undefined) this.#readAgain(FIRST);
    }
    this.#stopwatch.up(up, performance.now());
  }

  /** While the connection is open, for afterwards it tells nothing. */
  async read(): Promise<void> {
    const [connection, bytes] = [this.#connection, this.#bytes.at(-1)];
    if (!connection || !bytes || !this.#stopwatch.reached("ice")) return;
    this.#noteMedia();
    const stats = await withTimeout(LAST, statsOf(connection)).catch(() => null);
    if (stats) this.#take(trafficOf(stats), bytes);
  }

  /** All is over but a last look at the traffic. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ended ??= this.#ending();
  }

  report(): Report {
    const { outcome, ...ended } = this.#ended ?? this.#ending();
    const { admitMs } = this.#ports;
    const connected = outcome === "connected";
    const sum = (way: keyof Bytes) => this.#bytes.reduce((total, bytes) => total + bytes[way], 0);
    return reportOf({
      ...ended,
      ...this.#selected,
      outcome,
      id: this.#id,
      side: this.#ports.first ? "first" : "second",
      phases: { ...(admitMs === undefined ? {} : { admit: admitMs }), ...this.#stopwatch.phases() },
      bytesUp: sum("up"),
      bytesDown: sum("down"),
      media: [...(connected ? (["data"] as const) : []), ...this.#media],
      retries: this.#retries,
      turn: this.#used ? "used" : ended.turn,
      browser: browserOf(navigator),
    });
  }

  #ending(): Ended {
    const [stopwatch, now] = [this.#stopwatch, performance.now()];
    this.#noteMedia();
    const outcome = outcomeOf({
      reached: (step) => stopwatch.reached(step),
      failed: this.#failed,
      waited: stopwatch.waited(now),
      peerGone: this.#ports.peerGone(),
    });
    const duration = stopwatch.upFor(now) / 1_000;
    return { endedAt: Date.now(), outcome, duration, turn: this.#ports.turn() };
  }

  #reached(connection: RTCPeerConnection): void {
    const { iceConnectionState } = connection;
    if (iceConnectionState !== "connected" && iceConnectionState !== "completed") return;
    this.mark("ice");
    // Its own event, for that of the connection comes when the channel is open already.
    const dtls = connection.sctp?.transport;
    const secured = () => dtls?.state === "connected" && this.mark("dtls");
    dtls?.addEventListener("statechange", secured);
    secured();
  }

  #take({ up, down, ours, ...selected }: Traffic, bytes: Bytes): void {
    bytes.up = Math.max(bytes.up, up);
    bytes.down = Math.max(bytes.down, down);
    if (selected.candidateType) this.#selected = selected;
    if (ours) this.#used = true;
  }

  #noteMedia(): void {
    const all = this.#connection?.getTransceivers() ?? [];
    const live = all.filter(({ currentDirection }) => /send|recv/.test(currentDirection ?? ""));
    for (const { receiver } of live) this.#media.add(receiver.track.kind as Medium);
  }

  #readAgain(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.read();
      this.#readAgain(Math.min(MOST, ms * 2));
    }, ms);
  }
}
