/** A part of this package that is fetched when it is needed for the first time. */
import { HeliographError } from "../errors.js";

export class Lazy<T> {
  /** Null until it is there. */
  value: T | null = null;
  readonly #load: () => Promise<T>;
  #loading: Promise<T> | null = null;

  /** `load` makes it of a dynamic import. */
  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** It is there, or on its way. */
  get wanted(): boolean {
    return this.#loading !== null;
  }

  /** Rejects with `not_loaded` if it could not be fetched; the next call tries again. */
  get(): Promise<T> {
    this.#loading ??= this.#load().then(
      (value) => {
        this.value = value;
        return value;
      },
      () => {
        this.#loading = null;
        throw new HeliographError("not_loaded", "A part of the SDK did not load.");
      },
    );
    return this.#loading;
  }

  /** Now if it is there, else when it is; not at all if it cannot be fetched. */
  use(call: (value: T) => void): void {
    if (this.value) call(this.value);
    else this.get().then(call, () => {});
  }
}
