/** A world in memory for the page: storage, address bar, and a clock that a test moves. */
import type { World } from "../../src/edge/world.js";
import { MemorySdk } from "./memory-sdk.js";

export class MemoryStorage {
  readonly held = new Map<string, string>();
  getItem(key: string): string | null {
    return this.held.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.held.set(key, value);
  }
}

/** As in a browser that blocks site data: reading the property throws. */
export const blockedStorage = (): never => {
  throw new DOMException("Access is denied for this document.", "SecurityError");
};

/** As in a browser whose storage is full. */
export const fullStorage = (): Pick<Storage, "getItem" | "setItem"> => ({
  getItem: () => null,
  setItem() {
    throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
  },
});

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class MemoryWorld implements World {
  readonly sdk = new MemorySdk();
  readonly backends = ["https://a.example/api", "https://b.example/api"];
  readonly tab = new MemoryStorage();
  readonly site = new MemoryStorage();
  tabStorage: World["tabStorage"] = () => this.tab;
  siteStorage: World["siteStorage"] = () => this.site;
  supported = true;
  time = 1_000;
  private timers: Timer[] = [];

  constructor(public shownAddress = "https://meet.example/") {}

  address = (): string => this.shownAddress;
  showAddress = (address: string): void => {
    this.shownAddress = address;
  };
  now = (): number => this.time;
  private secrets = 0;
  newSecret = (): string => `secret-${++this.secrets}`.padEnd(22, "_");
  nextTask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  };

  /** How many timers wait. */
  get waiting(): number {
    return this.timers.length;
  }

  /** Moves the clock and runs what is due. */
  pass(ms: number): void {
    this.time += ms;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { run } of due) run();
  }
}

/** Resolves after everything that is on its way has been done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1)
    await new Promise<void>((resolve) => setImmediate(resolve));
}
