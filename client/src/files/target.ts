/** Where the bytes of a file go that somebody sends us. */
import { HeliographError } from "../errors.js";

/** Takes blocks in order. All calls may reject with what the browser says. */
export interface Target {
  /** How many bytes it kept from before, and the hashes of their blocks. */
  readonly kept: { readonly at: number; readonly hashes: readonly string[] };
  write(bytes: Uint8Array<ArrayBuffer>, hash: string): Promise<void>;
  /** Drops what it has, to begin anew. Rejects if that cannot be done. */
  restart(): Promise<void>;
  /** All is there. Null where the application has the bytes already. */
  close(): Promise<Blob | null>;
  /** It will never be whole. */
  abort(): Promise<void>;
}

/** What is said when a target rejects. */
export function unwritable(cause: unknown): HeliographError {
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  const why = isFull ? "There is no room left for it." : "The browser could not write it.";
  return new HeliographError("file_unwritable", why);
}
