/** What the statistics page says for the names of the protocol. */
import { words } from "../../words/stats.js";

/** A name that this page does not know is shown as it is. */
export function failureWords(outcome: string): string {
  const { failures } = words;
  return Object.hasOwn(failures, outcome) ? failures[outcome as keyof typeof failures] : outcome;
}
