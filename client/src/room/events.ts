import type { Listener } from "../types.js";

/** Typed listeners. When one throws, the others are called all the same. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Adds a listener; the answer removes it. */
  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all);
    // Wrapped, so that a function added twice is called twice, and each answer removes one.
    const own: Listener<Events[K]> = (value) => listener(value);
    all.add(own as Listener<never>);
    return () => void all.delete(own as Listener<never>);
  }

  /** Calls the listeners of now, in the order in which they were added. */
  emit<K extends keyof Events>(event: K, value: Events[K]): void {
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
