/**
 * An offer read as an answer (docs/protocol.md §5).
 *
 * Both sides have offered, so both would be the controlling ICE agent, and browsers need some hundred
 * ms to settle that (RFC 8445 §7.3.1.1; libwebrtc changes the role at each refused check). So one
 * side says in its offer that it is ICE-lite, which it is not: a lite agent is never controlling
 * (RFC 8445 §6.1.1), and libwebrtc takes the role from the two descriptions.
 *
 * | | its own | the other's | role |
 * |---|---|---|---|
 * | who is listed the other's, so hears of the pair first | lite | as if it were full | controlled |
 * | who is sent the other's | lite or full | lite | controlling |
 * | who answers such an offer | full | lite | controlling |
 */
import type { Description } from "../wire/protocol.js";

const LITE = "a=ice-lite\r\n";

/**
 * The offer as the answer of a side that takes this role in DTLS (RFC 8842 §5): an offer leaves both
 * open, `a=setup:actpass`, and an answer decides. The answer of a pair is passive: Firefox, which can
 * only be the other side, answers a restart of ICE as the active one whatever it was before.
 */
export function withSetup(offer: Description, role: "active" | "passive"): Description {
  return { ...offer, sdp: offer.sdp.replace(/^a=setup:actpass/gm, `a=setup:${role}`) };
}

/** With `a=ice-lite`, before the first media section (RFC 8839 §5.3). */
export function withIceLite(sdp: string): string {
  return sdp.replace(/^m=/m, `${LITE}m=`);
}

/** Its side gives way as the ICE agent of a pair. */
export function isIceLite(offer: Description): boolean {
  return offer.sdp.includes(LITE);
}

/** Of a full agent. */
export function withoutIceLite(offer: Description): Description {
  return { ...offer, sdp: offer.sdp.replace(LITE, "") };
}
