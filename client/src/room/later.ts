/** What a room needs once it is joined, and not before: loaded together. */
import { Deliveries, type DeliveriesPorts } from "./deliveries.js";
import { HostCalls, type HostTools } from "./host.js";
import { Recheck } from "./recheck.js";
import type { Signaling } from "./signaling.js";
import { Sleep } from "./sleep.js";

/** What it would import of the first script is given to it: see HostTools. */
export interface LaterTools extends HostTools {
  readonly followMs: number;
}

export interface LaterSetup {
  readonly signaling: Signaling;
  readonly receiver: DeliveriesPorts["receiver"];
  readonly hostToken: string | undefined;
  /** Seconds. */
  readonly sleepAfter: number | undefined;
  /** The room is closed. */
  readonly end: AbortSignal;
}

export class Later {
  readonly deliveries: Deliveries;
  readonly host: HostCalls;
  readonly recheck: Recheck;
  readonly sleep: Sleep;

  constructor({ signaling, receiver, hostToken, sleepAfter, end }: LaterSetup, tools: LaterTools) {
    this.deliveries = new Deliveries({
      receiver,
      nextSeq: signaling.nextSeq,
      post: signaling.post.bind(signaling),
    });
    this.host = new HostCalls(signaling, hostToken, tools, end);
    this.recheck = new Recheck(() => signaling.refresh());
    this.sleep = new Sleep(signaling, sleepAfter, tools.followMs);
  }

  close(): void {
    this.deliveries.close();
    this.recheck.close();
    this.sleep.close();
  }
}
