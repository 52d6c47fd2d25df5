/** Errors, as the hooks show them. */
import { HeliographError } from "../index.js";

/** As the SDK would say it. */
export function toError(error: unknown): HeliographError {
  if (error instanceof HeliographError) return error;
  return new HeliographError("unexpected", error instanceof Error ? error.message : String(error));
}

/** The same promise; that it rejects is never an unhandled rejection, since the hook shows why. */
export function shown<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** What a call answers while there is no room. */
export function noRoom<T>(): Promise<T> {
  return shown(Promise.reject(new HeliographError("closed", "There is no room yet.")));
}
