/** What the clock of a page may do while a test runs: set by so many ms. */
export const CLOCKS: readonly (readonly [string, number])[] = [
  ["5 minutes ahead", 300_000],
  ["2 hours ahead", 7_200_000],
  ["2 hours behind", -7_200_000],
  ["8 days behind", -691_200_000],
];
