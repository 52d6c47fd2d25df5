/** What `send`, `broadcast` and `sendText` answer. */
import type { Sending, SentVia } from "../types.js";

/** How a message travels, and who has got it in the end. */
export type Sent = readonly [via: SentVia, delivered: Promise<readonly string[]>];

export function sending(sent: Promise<Sent>): Sending {
  const delivered = sent.then(([, each]) => each);
  delivered.catch(() => {}); // perhaps nobody wants to know
  return Object.assign(
    sent.then(([via]) => via),
    { delivered },
  );
}
