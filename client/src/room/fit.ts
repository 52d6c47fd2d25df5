/** What goes through the servers. */
import { HeliographError } from "../errors.js";
import { type Envelope, MAX_ENVELOPE_BYTES } from "../wire/protocol.js";
import { fitsServers } from "../wire/shape.js";

/** The envelope, if the servers take it. Throws `too_large` above 32,768 bytes. */
export function fitForServer(envelope: Envelope): Envelope {
  if (fitsServers(envelope)) return envelope;
  throw new HeliographError(
    "too_large",
    `At most ${MAX_ENVELOPE_BYTES} bytes go through the server.`,
  );
}
