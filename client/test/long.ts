/** Thousands of runs take minutes: `make test` makes a few of them, `make test-long` and `make check` all. */
const all = process.env.LONG_RUNS === "1";

/** How many runs to make: `usual` in `make test`, `most` in `make test-long`. */
export function runsOf(most: number, usual: number): number {
  return all ? most : usual;
}

/** The seeds 1 to `most`; in `make test` after one that is known to show what is looked for. */
export function* seeds(most: number, known: number): Generator<number> {
  if (!all) yield known;
  for (let seed = 1; seed <= most; seed += 1) yield seed;
}
