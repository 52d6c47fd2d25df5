/** Reads an answer of `GET /api/stats` (protocol §3). */
import {
  amount,
  cost,
  count,
  date,
  list,
  Malformed,
  type Members,
  object,
  percentiles,
  record,
  required,
  share,
  text,
  whole,
} from "./read.js";
import { CANDIDATE_TYPES, type Day, type Latest, PHASES, type Summary } from "./summary.js";

/** null unless every member that we use is what the protocol says; other members are ignored. */
export function parseSummary(json: unknown): Summary | null {
  try {
    return summary(object(json));
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function summary(members: Members): Summary {
  const { demo, phases, candidateTypes, failures, relayBytes, bytes, daily } = members;
  if (typeof demo !== "boolean") throw new Malformed();
  const steps = object(phases);
  return {
    days: whole(members.days, 1),
    k: whole(members.k, 1),
    asOf: whole(members.asOf, 0),
    demo,
    latest: latest(object(members.latest)),
    total: count(object(members.total)),
    success: share(members.success),
    phases: record([...PHASES, "total"], (name) => percentiles(steps[name])),
    candidateTypes: list(candidateTypes, (one) => ({
      candidateType: text(one.candidateType),
      share: required(share(one.share)),
    })),
    failures: list(failures, (one) => ({ outcome: text(one.outcome), count: whole(one.count, 0) })),
    relayBytes: amount(relayBytes),
    bytes: amount(bytes),
    cost: cost(members.cost),
    daily: inOrder(list(daily, day)),
  };
}

const latest = (members: Members): Latest => ({ day: date(members.day), ...count(members) });

function day(members: Members): Day {
  const steps = members.phases == null ? {} : object(members.phases);
  const types = members.candidateTypes == null ? {} : object(members.candidateTypes);
  return {
    day: date(members.day),
    ...count(members),
    success: share(members.success),
    ...percentiles(members),
    phases: record(PHASES, (name) => amount(steps[name])),
    candidateTypes: record(CANDIDATE_TYPES, (name) => share(types[name])),
    cost: amount(members.cost),
  };
}

/** Oldest first; the same day twice is malformed. */
function inOrder(days: readonly Day[]): Day[] {
  const sorted = [...days].sort((a, b) => (a.day < b.day ? -1 : 1));
  if (sorted.some(({ day }, at) => day === sorted[at + 1]?.day)) throw new Malformed();
  return sorted;
}
