/** An offer read as an answer (docs/protocol.md §5). */
import type { Description } from "../wire/protocol.js";

/**
 * The offer as the answer of a side that takes this role in DTLS (RFC 8842 §5): an offer leaves both
 * open, `a=setup:actpass`, and an answer decides.
 */
export function withSetup(offer: Description, role: "active" | "passive"): Description {
  return { ...offer, sdp: offer.sdp.replace(/^a=setup:actpass/gm, `a=setup:${role}`) };
}
