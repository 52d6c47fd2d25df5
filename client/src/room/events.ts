import type { Listener } from "../types.js";

/** Of one event that nobody has listened to yet; more than that is an application that never will. */
const MAX_WAITING = 256;

/**
 * Typed listeners. An event waits for its first listener, so that an application can await something
 * between `join` and `on`. When a listener throws, the others are called all the same.
 */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  /** In order, by event: what came before the first listener had its turn. */
  readonly #waiting = new Map<keyof Events, unknown[]>();

  /** Adds a listener; the answer removes it. What has waited comes in a microtask. */
  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    const known = this.#listeners.get(event);
    const all = known ?? new Set();
    if (!known) this.#first(event, all);
    // Wrapped, so that a function added twice is called twice, and each answer removes one.
    const own: Listener<Events[K]> = (value) => listener(value);
    all.add(own as Listener<never>);
    return () => void all.delete(own as Listener<never>);
  }

  /** Calls the listeners of now, in the order in which they were added. */
  emit<K extends keyof Events>(event: K, value: Events[K]): void {
    const waiting = this.#waiting.get(event);
    if (this.#listeners.has(event) && !waiting) this.#call(event, value);
    else this.#waiting.set(event, [...(waiting ?? []), value].slice(-MAX_WAITING));
  }

  #first<K extends keyof Events>(event: K, all: Set<Listener<never>>): void {
    this.#listeners.set(event, all);
    if (this.#waiting.has(event)) queueMicrotask(() => this.#callWaiting(event));
  }

  /** What comes meanwhile comes after it. */
  #callWaiting<K extends keyof Events>(event: K): void {
    for (let next = this.#waiting.get(event); next; next = this.#waiting.get(event)) {
      const [first, ...others] = next as Events[K][];
      if (others.length > 0) this.#waiting.set(event, others);
      else this.#waiting.delete(event);
      this.#call(event, first as Events[K]);
    }
  }

  #call<K extends keyof Events>(event: K, value: Events[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as Listener<Events[K]>)(value);
      } catch (error) {
        // An error of the application: it is thrown where the application's own handlers see it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
