/** The five plots of an answer. Pure. */
import { CANDIDATE_TYPES, PHASES, type Summary, type Withheld } from "../answer/summary.js";
import type { Format } from "../model/format.js";
import type { Period } from "../model/period.js";
import { failureWords } from "../model/words.js";
import {
  CALLS,
  CONNECTED,
  COST,
  candidateTypeKey,
  costOf,
  P50,
  P95,
  PEOPLE,
  phaseKey,
} from "./kinds.js";
import { type Axis, type Frame, frameOf, type Plot, plotOf, type Read, series } from "./plot.js";

/** In the order of the page. */
export function plotsOf(summary: Summary, format: Format): Plot[] {
  const frame = frameOf(summary, format);
  return [
    callsPlot(frame),
    connectPlot(frame),
    pathsPlot(frame),
    successPlot(frame, summary),
    costPlot(frame, summary.cost?.currency ?? null),
  ];
}

function callsPlot(frame: Frame): Plot {
  const { brief, count } = frame.format;
  return plotOf(frame, {
    id: "calls",
    caption: `Calls and people, by ${frame.each}`,
    axes: [{ title: "Calls", least: 0, tick: brief, write: count }],
    series: [series(frame, CALLS, (one) => one.calls)],
    more: [series(frame, PEOPLE, (one) => one.peers)],
  });
}

function connectPlot(frame: Frame): Plot {
  const { milliseconds } = frame.format;
  const time = { least: 0, tick: milliseconds, write: milliseconds };
  return plotOf(frame, {
    id: "connect",
    caption: `Time to connect and the median of its steps, by ${frame.each}`,
    remark: frame.each === "week" ? "A week shows the middle one of its days." : "",
    stacked: true,
    axes: [
      { title: "In all", ...time },
      { title: "By step", ...time },
    ],
    series: [
      series(frame, P95, (one) => one.p95),
      series(frame, P50, (one) => one.p50),
      ...PHASES.map((phase) => series(frame, phaseKey(phase), (one) => one.phases[phase], 1)),
    ],
  });
}

function pathsPlot(frame: Frame): Plot {
  const { share } = frame.format;
  return plotOf(frame, {
    id: "paths",
    caption: `Shares of the paths, by ${frame.each}`,
    stacked: true,
    axes: [{ title: "Share of calls", least: 0, most: 1, tick: share, write: share }],
    series: CANDIDATE_TYPES.map((type) =>
      series(frame, candidateTypeKey(type), (one) => one.candidateTypes[type]),
    ),
  });
}

function successPlot(frame: Frame, { failures }: Summary): Plot {
  const { share, count } = frame.format;
  const line = series(frame, CONNECTED, (one) => one.success);
  const least = successFloor(line.values);
  const reasons = failures
    .filter((one) => one.count > 0)
    .map((one) => `${count(one.count)} ${failureWords(one.outcome)}`);
  const remarks = [
    least > 0 ? `The scale begins at ${share(least)}.` : "",
    reasons.length ? `Of those that did not connect, ${reasons.join(", ")}.` : "",
  ];
  return plotOf(frame, {
    id: "success",
    caption: `Share of calls that connected, by ${frame.each}`,
    remark: remarks.join(" ").trim(),
    axes: [{ title: "Connected", least, most: 1, tick: share, write: share }],
    series: [line],
  });
}

/** Where the axis of success begins: a step of 10 % below the lowest value, at most 90 %. */
export function successFloor(values: readonly Withheld[]): number {
  const lowest = Math.min(1, ...values.filter((value) => value !== null));
  return Math.max(0, Math.min(0.9, Math.floor(lowest * 10 - 0.001) / 10));
}

function costPlot(frame: Frame, currency: string | null): Plot {
  const { money, count } = frame.format;
  const write = (value: number): string => (currency === null ? "" : money(value, currency));
  const axis = (title: string): Axis => ({ title, least: 0, tick: write, write });
  const known = (read: Read): Read => (currency === null ? () => null : read);
  const key = costOf(count(1_000));
  return plotOf(frame, {
    id: "cost",
    caption: `Cost in all and of ${count(1_000)} calls, by ${frame.each}`,
    ...(currency === null ? { missing: ["not known", "The cost is not known."] as const } : {}),
    axes: [axis(key.label), axis(`By ${frame.each}`)],
    series: [
      series(frame, key, known(perThousand)),
      series(
        frame,
        COST,
        known((one) => one.cost),
        1,
      ),
    ],
  });
}

const perThousand = ({ cost, calls }: Period): Withheld =>
  cost === null || !calls ? null : (cost / calls) * 1_000;
