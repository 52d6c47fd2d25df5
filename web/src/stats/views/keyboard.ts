/** Reading a plot by keys: which column a key leads to, and what is said of it. Pure. */
import type { Plot } from "../plot/plot.js";

/**
 * Where a key leads from the column `at` (null: none) of `count`; null leaves the columns, and
 * undefined says that the key is not for the plot.
 */
export function columnAfter(
  key: string,
  at: number | null,
  count: number,
): number | null | undefined {
  const last = count - 1;
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, (at ?? count) - 1);
    case "ArrowRight":
      return Math.min(last, (at ?? last - 1) + 1);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return at === null ? undefined : null;
    default:
      return undefined;
  }
}

/** Such as `9 Mar 2027, so far: Calls 100, People 200`. The table has the newest column first. */
export function columnWords({ table }: Plot, column: number): string {
  const [head = "", ...cells] = table.rows[table.rows.length - 1 - column] ?? [];
  return `${head}: ${cells.map((cell, at) => `${table.heads[at + 1]} ${cell}`).join(", ")}`;
}
