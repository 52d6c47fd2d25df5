/** Virtual time: tasks run in the order of their time, those of the same ms in the order given. */
interface Task {
  at: number;
  order: number;
  run(): void;
}

export class Clock {
  now = 0;
  #order = 0;
  readonly #heap: Task[] = [];

  /** Runs `run` in `ms`. The answer cancels it. */
  after(ms: number, run: () => void): () => void {
    const task = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    this.#push(task);
    return () => {
      task.run = () => {};
    };
  }

  /** Runs all tasks up to `end`. False if there were still some later. */
  runUntil(end: number): boolean {
    for (;;) {
      const task = this.#heap[0];
      if (!task) return true;
      if (task.at > end) return false;
      this.#pop();
      this.now = task.at;
      task.run();
    }
  }

  /** When the next task runs; null without one. */
  nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Task;
      if (!before(task, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task))
        child += 1;
      if (!before(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
  }
}

function before(one: Task, other: Task): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
