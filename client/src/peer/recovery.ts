/** When to try again to connect to a peer, and when to stop: six tries, ever further apart. */
const TRIES = 6;
const FIRST = 5_000; // ms
const MOST = 20_000; // ms

export class Recovery {
  readonly #attempt: (attempt: number) => void;
  readonly #giveUp: () => void;
  readonly #random: () => number;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    attempt: (attempt: number) => void,
    giveUp: () => void,
    random: () => number = Math.random,
  ) {
    this.#attempt = attempt;
    this.#giveUp = giveUp;
    this.#random = random;
  }

  get exhausted(): boolean {
    return this.#attempts > TRIES;
  }

  /** Try in `ms`, unless a try is due sooner. */
  due(ms: number): void {
    if (this.#timer === undefined && !this.exhausted) this.#wait(ms);
  }

  /** Something says that it is worth trying now, and from the start. */
  again(ms: number): void {
    this.reset();
    this.#wait(ms);
  }

  /** It works. */
  reset(): void {
    this.#attempts = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#try(), ms);
  }

  #try(): void {
    this.#timer = undefined;
    this.#attempts += 1;
    if (this.exhausted) {
      this.#giveUp();
      return;
    }
    const pause = Math.min(MOST, FIRST * 2 ** (this.#attempts - 1));
    this.#wait(pause * (1 + this.#random() / 5));
    this.#attempt(this.#attempts);
  }
}
