/** Everything that the statistics page says in English. `f` writes numbers; what is a `string` is written. */
import type { Formats } from "../../language/formats.js";

const frame = {
  tab: "Statistics · Heliograph",
  newRoom: "New room",
  title: "Statistics",
  lead: "How calls go here. Counted without names, addresses or rooms.",
  demo: "Demonstration data. ",
  demoMeans: "Made up, not measured: nobody had these calls.",
  foot: "Days are those of UTC. Where only few called there is a gap, so that nobody can be picked out.",
  startRoom: "Start a room",
  away: "The statistics are away.",
  retry: "Try again",
  range: "Range",
  /** Of a plot. */
  key: "Key",
  reading: "plot, arrow keys read it",
  numbers: "Show the numbers",
};

const ranges = { 7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year" };
const spans = { 7: "in 7 days", 30: "in 30 days", 90: "in 90 days", 365: "in 1 year" };

const TRYING = "This page keeps trying by itself.";

const screen = {
  asking: "Asking…",
  asOf: (when: string) => `As of ${when}`,
  goesOn: `Calls go on all the same. ${TRYING}`,
  old: (when: string) => `These figures are the last ones we got, as of ${when}. ${TRYING}`,
  none: "No calls yet",
  noneSoon: "The first ones appear here within a minute or two.",
  few: "Too few calls to show",
  fewSoon: (why: string) => `${why} They appear here as soon as there are enough.`,
  fewInRange: "Too few calls in this range",
  longer: (why: string, calls: string) =>
    `${why} In all there were ${calls}: choose a longer range.`,
};

const withheld = {
  tooFew: (k: string) => `fewer than ${k}`,
  why: (k: string) =>
    `Figures about fewer than ${k} calls are not shown, so that nobody can be picked out of them.`,
};

const figures = (f: Formats) => ({
  calls: "Calls today",
  callsOf: (day: string) => `Calls on ${day}`,
  success: "Calls that connected",
  connect: "Median time to connect",
  relayed: "Calls through a relay",
  cost: `Cost of ${f.number(1_000)} calls`,
  notKnown: "Not known",
  tooFew: "Too few to show",
  inAll: (parts: readonly string[]) => `${f.list(parts)} in all`,
  callCount: (count: number) => f.count(count, { one: "call", other: "calls" }),
  peopleCount: (count: number) => f.count(count, { one: "person", other: "people" }),
  ofAll: (span: string) => `of all, ${span}`,
  within: (time: string, span: string) => `95 of 100 within ${time}, ${span}`,
  throughRelays: (bytes: string, span: string) => `${bytes} through relays ${span}`,
  listPrices: "all services, at list prices",
});

/** The steps of a connection. */
const phases = {
  admit: "Coming in",
  signal: "Offer and answer",
  ice: "Finding a path",
  dtls: "Agreeing on keys",
  open: "Opening the channel",
};

/** How browsers reach each other. */
const candidateTypes = {
  host: "Same network",
  srflx: "Direct",
  prflx: "Direct, found late",
  relay: "Relayed",
};

/** After a number of calls. */
const failures = {
  "failed-ice": "found no path",
  "failed-dtls": "could not agree on keys",
  "failed-signaling": "did not reach each other",
  "left-early": "left before it was up",
  other: "ended for other reasons",
};

const kinds = (f: Formats) => ({
  calls: { title: "Calls", says: "Two people who connect are one call." },
  connect: {
    title: "Time to connect",
    says: "From the click to the open channel: half of all calls are faster than the dashed line, 95 of 100 faster than the solid one. The columns below show where the time goes, by the median of each step; steps overlap, and medians do not add up.",
  },
  paths: {
    title: "Paths",
    says: "How the browsers reached each other. Only relayed calls need a server in between. A column leaves out the paths of too few calls.",
  },
  success: { title: "Success", says: "The share of calls that connected." },
  cost: {
    title: "Cost",
    says: `What the calls cost at list prices, all services together: of ${f.number(1_000)} calls above, in all below.`,
  },
});

const series = (f: Formats) => ({
  calls: "Calls",
  people: "People",
  p95: "95 of 100 (p95)",
  p50: "Half (p50)",
  connected: "Connected",
  costInAll: "In all",
  costOfThousand: `Of ${f.number(1_000)} calls`,
});

type Each = "day" | "week";

const plots = (f: Formats) => {
  const by = { day: "by day", week: "by week" };
  return {
    calls: (each: Each) => `Calls and people, ${by[each]}`,
    connect: (each: Each) => `Time to connect and the median of its steps, ${by[each]}`,
    paths: (each: Each) => `Shares of the paths, ${by[each]}`,
    success: (each: Each) => `Share of calls that connected, ${by[each]}`,
    cost: (each: Each) => `Cost in all and of ${f.number(1_000)} calls, ${by[each]}`,
    costAxis: { day: "By day", week: "By week" },
    inAll: "In all",
    byStep: "By step",
    share: "Share of calls",
    weekMedian: "A week shows the middle one of its days.",
    scaleFrom: (share: string) => `The scale begins at ${share}.`,
    failed: (reasons: readonly string[]) => `Of those that did not connect, ${reasons.join(", ")}.`,
    costNotKnown: "The cost is not known.",
    notKnown: "not known",
    heads: { day: "Day", week: "Week" },
    week: (date: string) => `Week from ${date}`,
    soFar: (period: string) => `${period}, so far`,
    span: (least: string, most: string) => `${least} to ${most}`,
  };
};

export const stats = (f: Formats) => ({
  language: "Language",
  frame,
  ranges,
  spans,
  screen,
  withheld,
  figures: figures(f),
  phases,
  candidateTypes,
  failures,
  kinds: kinds(f),
  series: series(f),
  plots: plots(f),
});

/** What each language has. */
export type StatsWords = ReturnType<typeof stats>;
/** Makes the words of a language. */
export type StatsTable = (f: Formats) => StatsWords;
