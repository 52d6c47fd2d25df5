/** The protocol's form of a report (docs/protocol.md §3), as strict as the servers: for the tests. */
import { isCount, isNumber, isString, list, record } from "../src/wire/shape.js";

const WORDS = {
  outcome: ["connected", "failed-ice", "failed-dtls", "failed-signaling", "left-early"],
  side: ["first", "second"],
  turn: ["none", "refused", "granted", "used"],
  browser: ["chromium", "firefox", "safari", "other"],
};
const PHASES = ["admit", "signal", "ice", "dtls", "open"];

const within = (value: unknown, most: number) => isNumber(value) && value >= 0 && value <= most;
const word = (value: unknown, words: string[]) => words.includes(value as string);
const optional = (value: unknown, words: string[]) => value === undefined || word(value, words);

export function fits(value: unknown): boolean {
  const report = record(value);
  const phases = record(report?.phases);
  if (!report || !phases) return false;
  const media = list(report.media, (kind) => (typeof kind === "string" ? kind : null), 3);
  return [
    isString(report.met, 1, 512),
    report.granted === undefined || isString(report.granted, 1, 512),
    Object.entries(WORDS).every(([name, words]) => word(report[name], words)),
    report.age === undefined || (isCount(report.age) && within(report.age, 7 * 86_400_000)),
    PHASES.every((name) => phases[name] === undefined || within(phases[name], 600_000)),
    optional(report.candidateType, ["host", "srflx", "prflx", "relay"]),
    optional(report.transport, ["udp", "tcp", "tls"]),
    isCount(report.bytesUp) && within(report.bytesUp, 1e13),
    isCount(report.bytesDown) && within(report.bytesDown, 1e13),
    within(report.duration, 604_800),
    media?.every((kind) => word(kind, ["data", "audio", "video"])),
    isCount(report.retries) && within(report.retries, 1_000),
  ].every(Boolean);
}
