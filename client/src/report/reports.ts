/** The accounts that are still open, and how each is reported: once, and silently. */

import { isTransient } from "../errors.js";
import { pause } from "../timing/backoff.js";
import type { Report } from "../wire/report.js";
import { ConnectionRecorder, type RecorderPorts } from "./recorder.js";

const AGAIN = 3_000; // ms, up to twice as long

export interface ReportsPorts {
  send(report: Report): Promise<void>;
  /** From a page that is going away: no answer. */
  beacon(report: Report): void;
}

export class Reports {
  readonly #ports: ReportsPorts | null;
  readonly #random: () => number;
  readonly #open = new Set<ConnectionRecorder>();

  /** Without ports nothing is reported. */
  constructor(ports: ReportsPorts | null, random: () => number = Math.random) {
    this.#ports = ports;
    this.#random = random;
  }

  createRecorder(ports: RecorderPorts): ConnectionRecorder {
    const account = new ConnectionRecorder(ports);
    if (this.#ports && this.#open.size === 0) addEventListener("pagehide", this.#hide);
    if (this.#ports) this.#open.add(account);
    return account;
  }

  /** The connection is over; `read`: its last look at the traffic. */
  async end(account: ConnectionRecorder, read: Promise<void>): Promise<void> {
    account.end();
    await read;
    if (this.#close(account)) await this.#send(account.report());
  }

  /** A page that may come back as it was goes on; the rest is told now or never. */
  readonly #hide = (event: PageTransitionEvent): void => {
    if (event.persisted) return;
    for (const account of [...this.#open]) {
      if (this.#close(account)) this.#ports?.beacon(account.report());
    }
  };

  /** False if it was told before, or is not to be told. */
  #close(account: ConnectionRecorder): boolean {
    const open = this.#open.delete(account);
    if (this.#open.size === 0) removeEventListener("pagehide", this.#hide);
    return open;
  }

  /** Once more if it may help: with the same id, so that it counts once. */
  async #send(report: Report): Promise<void> {
    for (const again of [true, false]) {
      const error = await this.#ports?.send(report).catch((e: unknown) => e);
      if (!again || !isTransient(error)) return;
      await pause(AGAIN * (1 + this.#random()));
    }
  }
}
