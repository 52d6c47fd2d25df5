/** The five figures on top: what is said, apart from how it is drawn. */
import type { Format } from "./format.js";
import { RANGE_WORDS, type Range } from "./range.js";
import type { Count, Summary, Withheld } from "./summary.js";

export interface Figure {
  readonly id: "calls" | "success" | "connect" | "relayed" | "cost";
  readonly label: string;
  /** A number, or why there is none. */
  readonly value: string;
  readonly known: boolean;
  readonly note: string;
}

export const FIGURES: readonly Pick<Figure, "id" | "label">[] = [
  { id: "calls", label: "Calls today" },
  { id: "success", label: "Calls that connected" },
  { id: "connect", label: "Median time to connect" },
  { id: "relayed", label: "Calls through a relay" },
  { id: "cost", label: "Cost of 1,000 calls" },
];

const or = (value: Withheld, write: (value: number) => string): string | null =>
  value === null ? null : write(value);

export function figuresOf(summary: Summary, range: Range, format: Format): Figure[] {
  const { today, total, success, phases, cost, relayBytes } = summary;
  const span = RANGE_WORDS[range];
  const relayed = relayedShare(summary);
  const says: Record<Figure["id"], readonly [value: string | null, note: string]> = {
    calls: [or(today.calls, format.count), callsNote(today, total, format)],
    success: [or(success, format.share), `of all, in ${span}`],
    connect: [
      or(phases.total.p50, format.milliseconds),
      phases.total.p95 === null
        ? `in ${span}`
        : `95 of 100 within ${format.milliseconds(phases.total.p95)}, in ${span}`,
    ],
    relayed: [
      or(relayed, format.share),
      relayBytes === null ? `in ${span}` : `${format.bytes(relayBytes)} through relays in ${span}`,
    ],
    cost: [
      cost && or(cost.per1000, (value) => format.money(value, cost.currency)),
      cost ? "all services, at list prices" : "",
    ],
  };
  return FIGURES.map(({ id, label }) => {
    const [value, note] = says[id];
    const missing = id === "cost" && cost === null ? "Not known" : "Too few to show";
    return {
      id,
      label: id === "cost" ? `Cost of ${format.count(1_000)} calls` : label,
      value: value ?? missing,
      known: value !== null,
      note,
    };
  });
}

function callsNote(today: Count, total: Count, format: Format): string {
  const peers = or(today.peers, (value) => `${format.count(value)} people today`);
  const all = or(total.calls, (calls) => `${format.count(calls)} calls`);
  const everyone = or(total.peers, (value) => `${format.count(value)} people`);
  const inAll = [all, everyone].filter((one) => one !== null).join(" and ");
  return [peers, inAll && `${inAll} in all`].filter(Boolean).join(" · ");
}

/** null if unknown; a relay that is not named may hide in a merged group. */
export function relayedShare({ paths }: Summary): Withheld {
  const relayed = paths.filter(({ path }) => path === "relay");
  const sum = relayed.reduce((all, { share }) => all + share, 0);
  if (relayed.length) return Math.min(sum, 1);
  return paths.length && paths.every(({ path }) => path !== "other") ? 0 : null;
}
