/**
 * By which stamp a message goes, and when by the next. Pure.
 *
 * The order of the stamps for one receiver, by the first of these that differs:
 *
 *   1. the receiver is there, then not known to be there, then known to be absent
 *   2. our socket there is open, then not (HTTP)
 *   3. fewer failures since its last answer
 *   4. shorter smoothed round trip; not measured comes last
 *   5. smaller number
 *
 * | Event | Failures | Round trip |
 * |---|---|---|
 * | `opened` | 0 | – |
 * | `answered` | 0 | smoothed as RFC 6298 §2 does it |
 * | `failed`: no answer in time for the next to start, or a transient error | one more | – |
 */
import type { Reach } from "./presence-types.js";

/** The least and the most that a message waits for an answer before it goes by the next stamp. */
export const MIN_HEDGE_MS = 150;
export const MAX_HEDGE_MS = 800;
/** How much longer than usual an answer may take: round trips have a long tail. */
const USUAL_FACTOR = 4;
/** RFC 6298 §2.3: alpha, beta and K. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATION_FACTOR = 4;

/** What is known of one stamp. */
export interface Route {
  readonly open: boolean;
  /** Calls in a row without an answer in time. */
  readonly failures: number;
  /** Of calls that were answered, in ms: smoothed, and their mean deviation. Null at first. */
  readonly roundTrip: { readonly mean: number; readonly deviation: number } | null;
}

/** By the number of the stamp. Immutable. */
export type Routes = readonly Route[];

/** `ms`: from the call to its answer. */
export type RouteEvent =
  | { readonly type: "opened" | "closed" | "failed"; readonly stamp: number }
  | { readonly type: "answered"; readonly stamp: number; readonly ms: number };

/** No socket is open, and nothing is measured. */
export function noRoutes(stamps: number): Routes {
  return Array.from({ length: stamps }, () => ({ open: false, failures: 0, roundTrip: null }));
}

/** What is known after the event. */
export function learn(routes: Routes, event: RouteEvent): Routes {
  return routes.map((route, stamp) => (stamp === event.stamp ? changed(route, event) : route));
}

/** All stamps, the best first. `reach`: where the receiver is; of a message to all, always "here". */
export function order(routes: Routes, reach: (stamp: number) => Reach): number[] {
  const stamps = [...routes.keys()];
  const ranks = routes.map((route, stamp) => rank(route, reach(stamp)));
  return stamps.sort((a, b) => compare(ranks[a] ?? [], ranks[b] ?? []) || a - b);
}

/** ms without an answer after which the next stamp is tried too. */
export function hedgeMs(routes: Routes, stamp: number): number {
  const known = routes[stamp]?.roundTrip;
  if (!known) return MAX_HEDGE_MS;
  const ms = USUAL_FACTOR * known.mean + DEVIATION_FACTOR * known.deviation;
  return Math.min(MAX_HEDGE_MS, Math.max(MIN_HEDGE_MS, ms));
}

function changed(route: Route, event: RouteEvent): Route {
  switch (event.type) {
    case "opened":
      return { ...route, open: true, failures: 0 };
    case "closed":
      return { ...route, open: false };
    case "failed":
      return { ...route, failures: route.failures + 1 };
    case "answered":
      return { ...route, failures: 0, roundTrip: smoothed(route.roundTrip, event.ms) };
  }
}

/** RFC 6298 §2.2 and §2.3: the deviation first, with the old mean. */
function smoothed(before: Route["roundTrip"], ms: number): Route["roundTrip"] {
  if (!before) return { mean: ms, deviation: ms / 2 };
  const { mean, deviation } = before;
  return {
    deviation: deviation + DEVIATION_GAIN * (Math.abs(mean - ms) - deviation),
    mean: mean + MEAN_GAIN * (ms - mean),
  };
}

const REACHES: readonly Reach[] = ["here", "unknown", "absent"];

function rank({ open, failures, roundTrip }: Route, reach: Reach): number[] {
  const mean = roundTrip?.mean ?? Number.MAX_VALUE;
  return [REACHES.indexOf(reach), open ? 0 : 1, failures, mean];
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, n) => value !== other[n]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
