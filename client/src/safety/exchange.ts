/**
 * How two sides of one connection agree on nonces, so that neither can choose what comes out (the hash
 * commitment of ZRTP, RFC 6189 §4.1). Pure: nonces and hashes are arguments.
 *
 * The side with the greater peer id commits: it says the hash of its nonce before it hears the other
 * one, and reveals the nonce after it.
 *
 * | Who commits | Event | Then |
 * |---|---|---|
 * | idle, committed | we want it, or `ask` | says `commit`, the same each time; committed |
 * | committed | `nonce` | says `reveal`; agreed |
 *
 * | Who answers | Event | Then |
 * |---|---|---|
 * | idle, asked, answered | we want it | says `ask`; asked, or answered as before |
 * | idle, asked | `commit` | says `nonce`; answered |
 * | answered | the same `commit` | says the same `nonce` |
 * | answered | `reveal` of what was committed | agreed |
 * | answered | `reveal` of something else | broken |
 *
 * Everything else changes nothing. An exchange has one commitment, and one nonce of each side that counts,
 * so whoever stands in between has one guess for each connection. What could not be said is said again
 * when somebody asks again, and gives away nothing more.
 */
import type { SafetyMessage } from "./messages.js";

/** Our own nonce in this exchange, and its hash. */
export interface Own {
  readonly nonce: string;
  readonly hash: string;
}

export type Exchange =
  | { readonly phase: "idle" | "asked" | "committed" | "broken" }
  /** `hash`: what the other side has committed to. */
  | { readonly phase: "answered"; readonly hash: string }
  /** `theirs`: the nonce of the other side. */
  | { readonly phase: "agreed"; readonly theirs: string };

export type ExchangeEvent =
  | { readonly step: "wanted" }
  | Exclude<SafetyMessage, { step: "reveal" }>
  /** `hash`: that of the nonce, as we have computed it. */
  | { readonly step: "reveal"; readonly nonce: string; readonly hash: string };

export const IDLE: Exchange = { phase: "idle" };

type Next = readonly [state: Exchange, say?: SafetyMessage];

/** The next state, and what is to be said. `commits`: we have the greater peer id. */
export function advance(state: Exchange, event: ExchangeEvent, own: Own, commits: boolean): Next {
  return commits ? committing(state, event, own) : answering(state, event, own);
}

function committing(state: Exchange, event: ExchangeEvent, { nonce, hash }: Own): Next {
  const waits = state.phase === "idle" || state.phase === "committed";
  if (waits && (event.step === "wanted" || event.step === "ask"))
    return [{ phase: "committed" }, { step: "commit", hash }];
  if (state.phase === "committed" && event.step === "nonce")
    return [
      { phase: "agreed", theirs: event.nonce },
      { step: "reveal", nonce },
    ];
  return [state];
}

function answering(state: Exchange, event: ExchangeEvent, { nonce }: Own): Next {
  switch (state.phase) {
    case "idle":
    case "asked":
      if (event.step === "wanted") return [{ phase: "asked" }, { step: "ask" }];
      if (event.step !== "commit") return [state];
      return [
        { phase: "answered", hash: event.hash },
        { step: "nonce", nonce },
      ];
    case "answered":
      if (event.step === "wanted") return [state, { step: "ask" }];
      if (event.step === "commit" && event.hash === state.hash)
        return [state, { step: "nonce", nonce }];
      if (event.step !== "reveal") return [state];
      if (event.hash !== state.hash) return [{ phase: "broken" }];
      return [{ phase: "agreed", theirs: event.nonce }];
    default:
      return [state];
  }
}
