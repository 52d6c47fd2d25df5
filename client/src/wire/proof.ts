/** Proof of work (docs/protocol.md §3): solves an ALTCHA v2 challenge (PBKDF2/SHA-256). Imported late. */
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { HeliographError } from "../errors.js";
import { matches, record } from "./shape.js";

const SOLVE_TIMEOUT_MS = 30_000; // about half a second is usual
const MAX_ITERATIONS = 1_000_000; // of one try, which cannot be aborted
const HEX = /^(?:[0-9a-f]{2}){1,64}$/i;
const PREFIX = /^[0-9a-f]{1,16}$/i;

type Challenge = Parameters<typeof solveChallenge>[0]["challenge"];

/** The challenge; null if it has another form, or would keep the browser busy for too long. */
export function parseChallenge(value: unknown): Challenge | null {
  const parameters = record(record(value)?.parameters);
  if (!parameters) return null;
  const { algorithm, cost, keyLength = 32, keyPrefix, nonce, salt } = parameters;
  if (
    algorithm !== "PBKDF2/SHA-256" ||
    !isFromOneTo(cost, MAX_ITERATIONS) ||
    !isFromOneTo(keyLength, 64)
  )
    return null;
  if (!matches(keyPrefix, PREFIX) || !matches(nonce, HEX) || !matches(salt, HEX)) return null;
  return value as Challenge;
}

/**
 * Base64 of `{"challenge", "solution"}`. Rejects with `proof_required` if no solution is found in
 * 30 s, `aborted` if `signal` aborts.
 */
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
  const stopped = new Promise<null>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  const timer = setTimeout(stop, SOLVE_TIMEOUT_MS);
  try {
    const work = solveChallenge({ challenge, deriveKey, controller });
    return await Promise.race([stopped, work.catch(() => null)]);
  } finally {
    clearTimeout(timer);
    stop();
    signal?.removeEventListener("abort", stop);
  }
}

function encode(payload: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function isFromOneTo(value: unknown, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= max;
}
