/** The five plots of an answer. Pure. */

import { words } from "../../words/stats.js";
import { CANDIDATE_TYPES, PHASES, type Summary, type Withheld } from "../answer/summary.js";
import type { Format } from "../model/format.js";
import type { Period } from "../model/period.js";
import { failureWords } from "../model/words.js";
import {
  callsKey,
  candidateTypeKey,
  connectedKey,
  costKey,
  p50Key,
  p95Key,
  peopleKey,
  phaseKey,
  thousandKey,
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
    caption: words.plots.calls(frame.each),
    axes: [{ title: words.series.calls, least: 0, tick: brief, write: count }],
    series: [series(frame, callsKey(), (one) => one.calls)],
    more: [series(frame, peopleKey(), (one) => one.peers)],
  });
}

function connectPlot(frame: Frame): Plot {
  const { milliseconds } = frame.format;
  const time = { least: 0, tick: milliseconds, write: milliseconds };
  return plotOf(frame, {
    id: "connect",
    caption: words.plots.connect(frame.each),
    remark: frame.each === "week" ? words.plots.weekMedian : "",
    stacked: true,
    axes: [
      { title: words.plots.inAll, ...time },
      { title: words.plots.byStep, ...time },
    ],
    series: [
      series(frame, p95Key(), (one) => one.p95),
      series(frame, p50Key(), (one) => one.p50),
      ...PHASES.map((phase) => series(frame, phaseKey(phase), (one) => one.phases[phase], 1)),
    ],
  });
}

function pathsPlot(frame: Frame): Plot {
  const { share } = frame.format;
  return plotOf(frame, {
    id: "paths",
    caption: words.plots.paths(frame.each),
    stacked: true,
    axes: [{ title: words.plots.share, least: 0, most: 1, tick: share, write: share }],
    series: CANDIDATE_TYPES.map((type) =>
      series(frame, candidateTypeKey(type), (one) => one.candidateTypes[type]),
    ),
  });
}

function successPlot(frame: Frame, { failures }: Summary): Plot {
  const { share, count } = frame.format;
  const line = series(frame, connectedKey(), (one) => one.success);
  const least = successFloor(line.values);
  const reasons = failures
    .filter((one) => one.count > 0)
    .map((one) => `${count(one.count)} ${failureWords(one.outcome)}`);
  const remarks = [
    least > 0 ? words.plots.scaleFrom(share(least)) : "",
    reasons.length ? words.plots.failed(reasons) : "",
  ];
  return plotOf(frame, {
    id: "success",
    caption: words.plots.success(frame.each),
    remark: remarks.join(" ").trim(),
    axes: [{ title: words.series.connected, least, most: 1, tick: share, write: share }],
    series: [line],
  });
}

/** Where the axis of success begins: a step of 10 % below the lowest value, at most 90 %. */
export function successFloor(values: readonly Withheld[]): number {
  const lowest = Math.min(1, ...values.filter((value) => value !== null));
  return Math.max(0, Math.min(0.9, Math.floor(lowest * 10 - 0.001) / 10));
}

function costPlot(frame: Frame, currency: string | null): Plot {
  const { money } = frame.format;
  const { costNotKnown, notKnown, costAxis } = words.plots;
  const write = (value: number): string => (currency === null ? "" : money(value, currency));
  const axis = (title: string): Axis => ({ title, least: 0, tick: write, write });
  const known = (read: Read): Read => (currency === null ? () => null : read);
  const key = thousandKey();
  return plotOf(frame, {
    id: "cost",
    caption: words.plots.cost(frame.each),
    ...(currency === null ? { missing: [notKnown, costNotKnown] as const } : {}),
    axes: [axis(key.label), axis(costAxis[frame.each])],
    series: [
      series(frame, key, known(perThousand)),
      series(
        frame,
        costKey(),
        known((one) => one.cost),
        1,
      ),
    ],
  });
}

const perThousand = ({ cost, calls }: Period): Withheld =>
  cost === null || !calls ? null : (cost / calls) * 1_000;
