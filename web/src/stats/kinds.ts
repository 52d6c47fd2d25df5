/** What each plot is called, says and consists of: known before any answer, so that nothing moves. */
import type { Key, Look, PlotId } from "./plot.js";
import { PATHS, type Path, PHASES, type Phase } from "./summary.js";
import { PATH_WORDS, PHASE_WORDS } from "./words.js";

export interface Kind {
  readonly title: string;
  readonly says: string;
  /** Its series, in order. */
  readonly key: readonly Key[];
}

const PHASE_LOOKS: Readonly<Record<Phase, Look>> = {
  admit: "plain",
  signal: "stripes",
  ice: "dots",
  dtls: "backstripes",
  open: "rows",
};
const PATH_LOOKS: Readonly<Record<Path, Look>> = {
  host: "plain",
  srflx: "rows",
  prflx: "dots",
  relay: "stripes",
};

export const CALLS: Key = { label: "Calls", look: "sun" };
export const PEOPLE: Key = { label: "People", look: "sun" };
export const P95: Key = { label: "95 of 100 (p95)", look: "line" };
export const P50: Key = { label: "Half (p50)", look: "dashed" };
export const CONNECTED: Key = { label: "Connected", look: "line" };
export const COST: Key = { label: "In all", look: "sun" };
export const costOf = (thousand: string): Key => ({ label: `Of ${thousand} calls`, look: "line" });
export const phaseKey = (phase: Phase): Key => ({
  label: PHASE_WORDS[phase],
  look: PHASE_LOOKS[phase],
});
export const pathKey = (path: Path): Key => ({ label: PATH_WORDS[path], look: PATH_LOOKS[path] });

/** In the order of the page. `thousand` is 1,000 as the reader's locale writes it. */
export function kindsOf(thousand: string): readonly (readonly [PlotId, Kind])[] {
  return [
    ["calls", { title: "Calls", says: "Two people who connect are one call.", key: [CALLS] }],
    [
      "connect",
      {
        title: "Time to connect",
        says: "From the click to the open channel: half of all calls are faster than the dashed line, 95 of 100 faster than the solid one. The columns below show where the time goes, by the median of each step; steps overlap, and medians do not add up.",
        key: [P95, P50, ...PHASES.map(phaseKey)],
      },
    ],
    [
      "paths",
      {
        title: "Paths",
        says: "How the browsers reached each other. Only relayed calls need a server in between. What a column lacks are paths that too few took.",
        key: PATHS.map(pathKey),
      },
    ],
    ["success", { title: "Success", says: "The share of calls that connected.", key: [CONNECTED] }],
    [
      "cost",
      {
        title: "Cost",
        says: `What the calls cost at list prices, all services together: of ${thousand} calls above, in all below.`,
        key: [costOf(thousand), COST],
      },
    ],
  ];
}
