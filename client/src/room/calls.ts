/** The calls to the backend that need one stamp, or all of them, and no socket. */
import { HeliographError, isTransient } from "../errors.js";
import type { ReportsPorts } from "../report/reports.js";
import { hedge } from "../stamps/hedge.js";
import { pause } from "../timing/backoff.js";
import type { TurnAnswer } from "../wire/protocol.js";
import type { Report } from "../wire/report.js";
import type { Signaling } from "./signaling.js";
import type { Stamp } from "./stamp.js";

const TIME = { now: () => performance.now(), pause };
/** A credential reserves money, so a second one is asked for late; a call waits 4 s at most. */
const TURN_HEDGE_MS = 1_500;
const BEACONS = 2;

type Admitted = Pick<Stamp, "api" | "refusal"> & { token: string };

/** Signaling, as far as the calls need it. */
export interface CallsPorts {
  readonly stamps: readonly Pick<Stamp, "api" | "token" | "refusal">[];
  readonly router: Pick<Signaling["router"], "order">;
}

/** The calls of one room. */
export class BackendCalls implements ReportsPorts {
  readonly #signaling: CallsPorts;

  constructor(signaling: CallsPorts) {
    this.#signaling = signaling;
  }

  /** A TURN credential, of the stamp that answers fastest, or of the next. */
  async turn(to: string | undefined, signal: AbortSignal): Promise<TurnAnswer> {
    const stamps = this.#admitted();
    if (stamps.length === 0) throw new HeliographError("backend_away", "No stamp has admitted us.");
    const { value } = await hedge({
      time: TIME,
      stamps: [...stamps.keys()],
      attempt: (place, end) => {
        const { api, token } = stamps[place] as Admitted;
        return api.turn(to, token, end);
      },
      hedgeMs: () => TURN_HEDGE_MS,
      signal,
    });
    return value;
  }

  /** Sends it to one stamp, and to the next if that one fails: with the same proof it counts once. */
  async send(report: Report): Promise<void> {
    let failure: unknown = null;
    for (const { api, token } of this.#admitted()) {
      try {
        return await api.report(report, token);
      } catch (error) {
        failure = error;
        if (!isTransient(error)) break;
      }
    }
    throw failure;
  }

  /** A beacon is never answered, so it goes to two stamps: with the same proof it counts once. */
  beacon(report: Report): void {
    for (const { api, token } of this.#admitted().slice(0, BEACONS)) {
      api.reportBeacon(report, token);
    }
  }

  /**
   * Gives up the seats that we have; it never rejects. `told`: who knows it from us. `closedBy`: the
   * stamp that has ended ours.
   */
  async leave({ told, closedBy }: { told?: string[]; closedBy?: number } = {}): Promise<void> {
    const ended = closedBy === undefined ? null : this.#signaling.stamps[closedBy];
    const seated = this.#admitted().filter((each) => each !== ended && !each.refusal);
    await Promise.all(seated.map(({ api, token }) => api.leave(token, told).catch(() => {})));
  }

  leaveBeacon(): void {
    for (const { api, token } of this.#admitted()) api.leaveBeacon(token);
  }

  /** The stamps that have admitted us, the best first. */
  #admitted(): Admitted[] {
    const { stamps, router } = this.#signaling;
    return router.order().flatMap((stamp) => {
      const each = stamps[stamp];
      return each && isAdmitted(each) ? [each] : [];
    });
  }
}

function isAdmitted(stamp: CallsPorts["stamps"][number]): stamp is Admitted {
  return stamp.token !== null;
}
