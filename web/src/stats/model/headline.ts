/** The five figures at the top of the page, in words. Pure. */

import { words } from "../../words/stats.js";
import type { Summary, Withheld } from "../answer/summary.js";
import type { Format } from "./format.js";
import { isRunning } from "./period.js";
import type { Range } from "./range.js";

/** One figure in words. */
export interface Figure {
  readonly id: (typeof FIGURES)[number];
  readonly label: string;
  /** A number, or why there is none. */
  readonly value: string;
  readonly known: boolean;
  readonly note: string;
}

/** In the order of the page. */
export const FIGURES = ["calls", "success", "connect", "relayed", "cost"] as const;

/** A number in words, and a note on it; null where the number is withheld or unknown. */
type Said = readonly [value: string | null, note: string];

/** In the order of `FIGURES`. */
export function figuresOf(summary: Summary, range: Range, format: Format): Figure[] {
  const span = words.spans[range];
  const { ofAll, notKnown, tooFew } = words.figures;
  const said: Record<Figure["id"], Said> = {
    calls: [written(summary.latest.calls, format.count), callsNote(summary)],
    success: [written(summary.success, format.share), ofAll(span)],
    connect: connectWords(summary, span, format),
    relayed: relayedWords(summary, span, format),
    cost: costWords(summary, format),
  };
  return FIGURES.map((id) => {
    const [value, note] = said[id];
    const missing = id === "cost" && summary.cost === null ? notKnown : tooFew;
    return {
      id,
      label: id === "calls" ? callsLabel(summary, format) : words.figures[id],
      value: value ?? missing,
      known: value !== null,
      note,
    };
  });
}

const written = (value: Withheld, write: (value: number) => string): string | null =>
  value === null ? null : write(value);

function connectWords({ phases: { total } }: Summary, span: string, format: Format): Said {
  const p95 = written(total.p95, format.milliseconds);
  const note = p95 === null ? span : words.figures.within(p95, span);
  return [written(total.p50, format.milliseconds), note];
}

function relayedWords(summary: Summary, span: string, format: Format): Said {
  const bytes = written(summary.relayBytes, format.bytes);
  const note = bytes === null ? span : words.figures.throughRelays(bytes, span);
  return [written(relayedShare(summary), format.share), note];
}

function costWords({ cost }: Summary, format: Format): Said {
  if (!cost) return [null, ""];
  const value = written(cost.per1000, (amount) => format.money(amount, cost.currency));
  return [value, words.figures.listPrices];
}

/** Where figures have noise, a day is shown when it is over. */
function callsLabel(summary: Summary, { date }: Format): string {
  const { calls, callsOf } = words.figures;
  return isRunning(summary) ? calls : callsOf(date(summary.latest.day));
}

function callsNote({ latest, total }: Summary): string {
  const { callCount, peopleCount, inAll } = words.figures;
  const counts = [written(total.calls, callCount), written(total.peers, peopleCount)];
  const known = counts.filter((one) => one !== null);
  const parts = [written(latest.peers, peopleCount), known.length ? inAll(known) : ""];
  return parts.filter(Boolean).join(" · ");
}

/** The share of calls through a TURN relay; null if unknown: `other` may hide some of them. */
export function relayedShare({ candidateTypes: groups }: Summary): Withheld {
  const relayed = groups.filter(({ candidateType }) => candidateType === "relay");
  const sum = relayed.reduce((all, { share }) => all + share, 0);
  if (relayed.length) return Math.min(sum, 1);
  const allNamed = groups.every(({ candidateType }) => candidateType !== "other");
  return groups.length && allNamed ? 0 : null;
}
