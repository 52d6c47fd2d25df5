/** A value that React watches by `useSyncExternalStore`. */

type Watcher = () => void;

export class Store<T> {
  #value: T;
  readonly #watchers = new Set<Watcher>();
  readonly #watched: () => void;

  /** `watched`: called when the first watcher comes, and never again. */
  constructor(value: T, watched: () => void = () => {}) {
    this.#value = value;
    this.#watched = once(watched);
  }

  readonly get = (): T => this.#value;

  /** The answer ends it. */
  readonly subscribe = (watcher: Watcher): (() => void) => {
    this.#watchers.add(watcher);
    this.#watched();
    return () => void this.#watchers.delete(watcher);
  };

  set(value: T): void {
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }
}

function once(call: () => void): () => void {
  let isCalled = false;
  return () => {
    if (isCalled) return;
    isCalled = true;
    call();
  };
}
