/** The bodies of `safety` (docs/protocol.md §9). A parser answers null on junk. */
import { matches, record } from "../wire/shape.js";

/** In base64url: 32 bytes. */
const FORM = /^[A-Za-z0-9_-]{43}$/;

export type SafetyMessage =
  /** Please begin. */
  | { readonly step: "ask" }
  /** SHA-256 of a nonce that is not said yet. */
  | { readonly step: "commit"; readonly hash: string }
  /** The nonce of the other side. */
  | { readonly step: "nonce"; readonly nonce: string }
  /** The nonce of `commit`. */
  | { readonly step: "reveal"; readonly nonce: string };

export function parseSafety(body: unknown): SafetyMessage | null {
  const fields = record(body);
  if (!fields) return null;
  const { step, hash, nonce } = fields;
  switch (step) {
    case "ask":
      return { step };
    case "commit":
      return matches(hash, FORM) ? { step, hash } : null;
    case "nonce":
    case "reveal":
      return matches(nonce, FORM) ? { step, nonce } : null;
    default:
      return null;
  }
}
