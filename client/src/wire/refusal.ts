/** HTTP answers that say no (docs/protocol.md §3 and §6). */
import { HeliographError } from "../errors.js";
import { record } from "./shape.js";

const MAX_RETRY_AFTER_SECONDS = 86_400;

/** A refusal that a proof of work lifts. */
export class ProofRequired extends HeliographError {
  /** `challenge`: as the backend sent it, not parsed yet. */
  constructor(
    message: string,
    readonly challenge: unknown,
  ) {
    super("proof_required", message, { status: 401 });
  }
}

/**
 * The error for an answer with this status. `retryAfterHeader` counts where the body names no
 * seconds. An answer without our error object comes from something in between: `backend_away`.
 */
export function refusal(
  status: number,
  retryAfterHeader: string | null,
  answer: unknown,
): HeliographError {
  const error = record(record(answer)?.error);
  const retryAfter = toSeconds(error?.retryAfter ?? retryAfterHeader);
  const detail = { status, ...(retryAfter === null ? {} : { retryAfter }) };
  if (typeof error?.code !== "string") {
    return new HeliographError("backend_away", `The backend answered ${status}.`, detail);
  }
  const message = typeof error.message === "string" ? error.message : "";
  if (error.code === "proof_required") return new ProofRequired(message, error.challenge);
  return new HeliographError(error.code, message, detail);
}

/** Seconds of a number or a text; null for a date (RFC 9110 §10.2.3 allows one), and for nonsense. */
function toSeconds(value: unknown): number | null {
  if (typeof value !== "number" && (typeof value !== "string" || value.trim() === "")) return null;
  const seconds = Number(value);
  return seconds >= 0 && seconds < MAX_RETRY_AFTER_SECONDS ? seconds : null;
}
