/**
 * The room of one component: at most one stay at a time.
 *
 * React's StrictMode mounts a component, unmounts it and mounts it again in one go, and so does a
 * development server that has new code. So who is released leaves a moment later, unless the same room
 * is wanted again until then.
 */
import { IDLE, type RoomView, Stay, type StayOptions } from "./stay.js";
import { Store } from "./store.js";

/** Of which room the view is. */
export interface KeyedView {
  readonly key: string | null;
  readonly view: RoomView;
}

export class RoomStore {
  readonly store = new Store<KeyedView>({ key: null, view: IDLE });
  #key: string | null = null;
  #options: StayOptions | null = null;
  #stay: Stay | null = null;
  /** When nothing is left of those who stayed before. */
  #left: Promise<void> = Promise.resolve();
  #release: ReturnType<typeof setTimeout> | undefined;

  /** Joins, unless we stay under this key already; leaves where we were. */
  want(key: string | null, options: StayOptions | null): void {
    clearTimeout(this.#release);
    if (key === this.#key) return;
    this.#key = key;
    this.#options = options;
    this.#begin();
  }

  /** Nobody wants it any more. */
  release(): void {
    clearTimeout(this.#release);
    this.#release = setTimeout(() => this.want(null, null));
  }

  /** Joins again, as a new peer: after a refusal, or when the room has ended. */
  readonly rejoin = (): void => this.#begin();

  /** Who moves has left before it joins: a room that is full would not take it twice. */
  #begin(): void {
    const [key, options] = [this.#key, this.#options];
    if (this.#stay) this.#left = this.#stay.leave();
    this.#stay = null;
    if (!options) this.store.set({ key, view: IDLE });
    else this.#stay = new Stay(options, this.#left, (view) => this.store.set({ key, view }));
  }
}
