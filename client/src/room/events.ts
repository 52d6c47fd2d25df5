import type { Listener } from "../types.js";

/** Typed listeners. One that throws does not keep the others from hearing. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all);
    // Wrapped, so that the same function given twice hears twice and stops once.
    const own: Listener<Events[K]> = (value) => listener(value);
    all.add(own as Listener<never>);
    return () => void all.delete(own as Listener<never>);
  }

  emit<K extends keyof Events>(event: K, value: Events[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as Listener<Events[K]>)(value);
      } catch (error) {
        // The application's own error: it belongs in the application's own handler.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
