/** The recorders of connections that are still open. Each sends its report once; failures are silent. */
import { Lazy } from "../timing/lazy.js";
import { retry } from "../timing/retry.js";
import type { Report } from "../wire/report.js";
import { ConnectionRecorder, type RecorderPorts } from "./recorder.js";

const SEND_TRIES = 2;
const MIN_RETRY_MS = 3_000; // up to twice as long: calls of many people end together

type ToReport = typeof import("./report.js")["toReport"];

/** How reports are sent. */
export interface ReportsPorts {
  /** Rejects with a `HeliographError`. */
  send(report: Report): Promise<void>;
  /** From a page that goes away: nobody learns whether it arrived. */
  beacon(report: Report): void;
}

/** All recorders of a room. */
export class Reports {
  readonly #ports: ReportsPorts | null;
  readonly #random: () => number;
  readonly #open = new Set<ConnectionRecorder>();
  readonly #unanswered = new Set<() => Report>(); // sent, or waiting for the second try
  /** Nothing is reported before there is a seat, so it is not loaded before. */
  readonly #toReport = new Lazy<ToReport>(async () => {
    const loaded = await import("./report.js");
    return loaded.toReport;
  });

  /** Without ports nothing is reported. */
  constructor(ports: ReportsPorts | null, random: () => number = Math.random) {
    this.#ports = ports;
    this.#random = random;
  }

  /** A recorder for the connection to one peer. */
  createRecorder(ports: RecorderPorts): ConnectionRecorder {
    const recorder = new ConnectionRecorder(ports);
    if (!this.#ports) return recorder;
    this.#toReport.use(() => {}); // again at the end
    addEventListener("pagehide", this.#pageHidden); // once, however often it is asked for
    this.#open.add(recorder);
    return recorder;
  }

  /**
   * The connection is over: sends the report after `lastRead`, the recorder's read that is under
   * way. Resolves when it is sent or given up; it never rejects.
   */
  async end(recorder: ConnectionRecorder, lastRead: Promise<void>): Promise<void> {
    recorder.end();
    await lastRead;
    if (!this.#open.delete(recorder)) return;
    const toReport = await this.#toReport.get().catch(() => null);
    const observed = recorder.observed();
    if (toReport && observed.met) {
      await this.#send(() => toReport(observed, navigator, performance.now()));
    }
    this.#listenNoMore();
  }

  /**
   * Connections of a page that the browser keeps (bfcache) go on; all others are reported now. So is
   * what nobody has answered yet: the page that would try it again ends.
   */
  readonly #pageHidden = (event: PageTransitionEvent): void => {
    if (event.persisted) return;
    const [toReport, now] = [this.#toReport.value, performance.now()];
    const open = toReport ? [...this.#open] : [];
    const seen = open.map((one) => one.observed()).filter(({ met }) => met);
    const ended = seen.map((one) => toReport?.(one, navigator, now) as Report);
    const before = [...this.#unanswered].map((report) => report());
    for (const report of [...ended, ...before]) this.#ports?.beacon(report);
    this.#open.clear();
    this.#unanswered.clear();
    this.#listenNoMore();
  };

  #listenNoMore(): void {
    if (this.#open.size + this.#unanswered.size > 0) return;
    removeEventListener("pagehide", this.#pageHidden);
  }

  /** `report`: as of now. The second try has another age and the same proof, so it counts once. */
  async #send(report: () => Report): Promise<void> {
    this.#unanswered.add(report);
    const send = async () => this.#ports?.send(report());
    const waitMs = () => MIN_RETRY_MS * (1 + this.#random());
    await retry(send, { tries: SEND_TRIES, waitMs }).catch(() => {});
    this.#unanswered.delete(report);
  }
}
