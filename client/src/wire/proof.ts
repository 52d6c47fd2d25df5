/** Proof of work (docs/protocol.md §3): an ALTCHA v2 challenge, solved off the main thread. */

import { HeliographError } from "../errors.js";
import { pause } from "../timing/backoff.js";
import { matches, record } from "./shape.js";

const PATIENCE = 30_000; // ms: about half a second is usual
const DEAREST = 1_000_000; // iterations a try: a single one cannot be aborted
const HEX = /^(?:[0-9a-f]{2}){1,64}$/i;
const PREFIX = /^[0-9a-f]{1,16}$/i;

type Challenge = Parameters<typeof import("altcha-lib").solveChallenge>[0]["challenge"];

/** Null on junk, and on what would take more than our patience. */
export function parseChallenge(value: unknown): Challenge | null {
  const parameters = record(record(value)?.parameters);
  if (!parameters) return null;
  const { algorithm, cost, keyLength = 32, keyPrefix, nonce, salt } = parameters;
  if (algorithm !== "PBKDF2/SHA-256" || !within(cost, DEAREST) || !within(keyLength, 64))
    return null;
  if (!matches(keyPrefix, PREFIX) || !matches(nonce, HEX) || !matches(salt, HEX)) return null;
  return value as Challenge;
}

/** Base64 of `{"challenge", "solution"}`. Throws `proof_required` if none is found, `aborted`. */
export async function prove(challenge: unknown, signal?: AbortSignal): Promise<string> {
  const known = parseChallenge(challenge);
  const solution = known && (await solve(known, signal));
  if (signal?.aborted) throw new HeliographError("aborted", "The call was aborted.");
  if (solution) return encode({ challenge, solution });
  throw new HeliographError("proof_required", "The proof of work could not be made.");
}

/** Null without a secure context (there is no WebCrypto then), or when it takes too long. */
async function solve(challenge: Challenge, signal?: AbortSignal) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  const over = pause(PATIENCE, controller.signal).then(() => null);
  try {
    return await Promise.race([over, work(challenge, controller).catch(() => null)]);
  } finally {
    stop();
    signal?.removeEventListener("abort", stop);
  }
}

/** Imported when it is needed, which is seldom: it costs nobody else a byte. */
async function work(challenge: Challenge, controller: AbortController) {
  const [{ solveChallenge }, { deriveKey }] = await Promise.all([
    import("altcha-lib"),
    import("altcha-lib/algorithms/web/pbkdf2"),
  ]);
  return solveChallenge({ challenge, deriveKey, controller });
}

function encode(payload: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function within(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= most;
}
