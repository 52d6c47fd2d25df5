/** The recorders of connections that are still open. Each sends its report once; failures are silent. */
import { retry } from "../timing/retry.js";
import type { Report } from "../wire/report.js";
import { ConnectionRecorder, type RecorderPorts } from "./recorder.js";

const SEND_TRIES = 2;
const MIN_RETRY_MS = 3_000; // up to twice as long: calls of many people end together

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

  /** Without ports nothing is reported. */
  constructor(ports: ReportsPorts | null, random: () => number = Math.random) {
    this.#ports = ports;
    this.#random = random;
  }

  /** A recorder for the connection to one peer. */
  createRecorder(ports: RecorderPorts): ConnectionRecorder {
    const recorder = new ConnectionRecorder(ports);
    if (this.#ports && this.#open.size === 0) addEventListener("pagehide", this.#pageHidden);
    if (this.#ports) this.#open.add(recorder);
    return recorder;
  }

  /**
   * The connection is over: sends the report after `lastRead`, the recorder's read that is under
   * way. Resolves when it is sent or given up; it never rejects.
   */
  async end(recorder: ConnectionRecorder, lastRead: Promise<void>): Promise<void> {
    recorder.end();
    await lastRead;
    if (this.#remove(recorder)) await this.#send(recorder.report());
  }

  /** Connections of a page that the browser keeps (bfcache) go on; all others are reported now. */
  readonly #pageHidden = (event: PageTransitionEvent): void => {
    if (event.persisted) return;
    for (const recorder of [...this.#open]) {
      if (this.#remove(recorder)) this.#ports?.beacon(recorder.report());
    }
  };

  /** False if it was reported before, or is not to be reported. */
  #remove(recorder: ConnectionRecorder): boolean {
    const wasOpen = this.#open.delete(recorder);
    if (wasOpen && this.#open.size === 0) removeEventListener("pagehide", this.#pageHidden);
    return wasOpen;
  }

  /** The second try has the same id, so the report counts once. */
  async #send(report: Report): Promise<void> {
    const send = async () => this.#ports?.send(report);
    const waitMs = () => MIN_RETRY_MS * (1 + this.#random());
    await retry(send, { tries: SEND_TRIES, waitMs }).catch(() => {});
  }
}
