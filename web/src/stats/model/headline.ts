/** The five figures at the top of the page, in words. Pure. */

import type { Summary, Withheld } from "../answer/summary.js";
import type { Format } from "./format.js";
import { RANGE_WORDS, type Range } from "./range.js";

/** One figure in words. */
export interface Figure {
  readonly id: "calls" | "success" | "connect" | "relayed" | "cost";
  readonly label: string;
  /** A number, or why there is none. */
  readonly value: string;
  readonly known: boolean;
  readonly note: string;
}

/** In the order of the page. */
export const FIGURES: readonly Pick<Figure, "id" | "label">[] = [
  { id: "calls", label: "Calls today" },
  { id: "success", label: "Calls that connected" },
  { id: "connect", label: "Median time to connect" },
  { id: "relayed", label: "Calls through a relay" },
  { id: "cost", label: "Cost of 1,000 calls" },
];

/** A number in words, and a note on it; null where the number is withheld or unknown. */
type Words = readonly [value: string | null, note: string];

/** In the order of `FIGURES`. */
export function figuresOf(summary: Summary, range: Range, format: Format): Figure[] {
  const span = RANGE_WORDS[range];
  const words: Record<Figure["id"], Words> = {
    calls: [written(summary.today.calls, format.count), callsNote(summary, format)],
    success: [written(summary.success, format.share), `of all, in ${span}`],
    connect: connectWords(summary, span, format),
    relayed: relayedWords(summary, span, format),
    cost: costWords(summary, format),
  };
  return FIGURES.map(({ id, label }) => {
    const [value, note] = words[id];
    const missing = id === "cost" && summary.cost === null ? "Not known" : "Too few to show";
    return {
      id,
      label: id === "cost" ? `Cost of ${format.count(1_000)} calls` : label,
      value: value ?? missing,
      known: value !== null,
      note,
    };
  });
}

const written = (value: Withheld, write: (value: number) => string): string | null =>
  value === null ? null : write(value);

function connectWords({ phases: { total } }: Summary, span: string, format: Format): Words {
  const p95 = written(total.p95, format.milliseconds);
  const note = p95 === null ? `in ${span}` : `95 of 100 within ${p95}, in ${span}`;
  return [written(total.p50, format.milliseconds), note];
}

function relayedWords(summary: Summary, span: string, format: Format): Words {
  const bytes = written(summary.relayBytes, format.bytes);
  const note = bytes === null ? `in ${span}` : `${bytes} through relays in ${span}`;
  return [written(relayedShare(summary), format.share), note];
}

function costWords({ cost }: Summary, format: Format): Words {
  if (!cost) return [null, ""];
  const value = written(cost.per1000, (amount) => format.money(amount, cost.currency));
  return [value, "all services, at list prices"];
}

function callsNote({ today, total }: Summary, format: Format): string {
  const peers = written(today.peers, (value) => `${format.count(value)} people today`);
  const all = written(total.calls, (calls) => `${format.count(calls)} calls`);
  const everyone = written(total.peers, (value) => `${format.count(value)} people`);
  const inAll = [all, everyone].filter((one) => one !== null).join(" and ");
  return [peers, inAll && `${inAll} in all`].filter(Boolean).join(" · ");
}

/** The share of calls through a TURN relay; null if unknown: `other` may hide some of them. */
export function relayedShare({ candidateTypes: groups }: Summary): Withheld {
  const relayed = groups.filter(({ candidateType }) => candidateType === "relay");
  const sum = relayed.reduce((all, { share }) => all + share, 0);
  if (relayed.length) return Math.min(sum, 1);
  const allNamed = groups.every(({ candidateType }) => candidateType !== "other");
  return groups.length && allNamed ? 0 : null;
}
