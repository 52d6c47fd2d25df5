/** Whether one message has reached everyone whom it was for. */
import { type ErrorCode, HeliographError } from "../errors.js";

export class Delivery {
  /** Resolves with all who were to get it. Rejects once nobody can get it any more who has not. */
  readonly done: Promise<readonly string[]>;
  readonly #owing: Set<string>;
  readonly #missed: string[] = [];
  #code: ErrorCode = "";
  #end: () => void = () => {};

  constructor(peers: readonly string[]) {
    this.#owing = new Set(peers);
    this.done = new Promise((resolve, reject) => {
      this.#end = () => {
        const missed = { peers: this.#missed };
        if (this.#code === "") resolve(peers);
        else reject(new HeliographError(this.#code, "Not everyone has got the message.", missed));
      };
    });
    this.done.catch(() => {}); // perhaps nobody wants to know
  }

  /** These have got it, or with a code never will; by default all of whom that is not known yet. */
  settle(code: ErrorCode | null, peers: Iterable<string> = this.#owing): void {
    for (const peer of peers) {
      if (!this.#owing.delete(peer) || code === null) continue;
      this.#missed.push(peer);
      this.#code = code;
    }
    if (this.#owing.size === 0) this.#end();
  }
}
