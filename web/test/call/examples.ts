/** A call, for the tests. */
import {
  type Call,
  type CallEffect,
  type CallEvent,
  type Caller,
  NO_CALL,
  type Sources,
  stepCall,
} from "../../src/call/model.js";

export const ON = { muted: false } as const;
export const MUTED = { muted: true } as const;
export const BOTH: Sources = { microphone: ON, camera: ON };

export const caller = (id: string, sources: Sources = BOTH, name = id): Caller => ({
  ...{ id, name, state: "connected", sources },
});

export const call = (change: Partial<Call> = {}): Call => ({
  ...NO_CALL,
  canShare: true,
  members: change.callers ?? [],
  ...change,
});

/** We are in it, with microphone and camera. */
export const inCall = (change: Partial<Call> = {}): Call =>
  call({ mine: "in", sending: BOTH, ...change });

/** The call after all these, and the effects of the last one. */
export function after(
  before: Call,
  ...events: readonly CallEvent[]
): readonly [Call, readonly CallEffect[]] {
  let [next, effects]: [Call, readonly CallEffect[]] = [before, []];
  for (const event of events) [next, ...effects] = stepCall(next, event);
  return [next, effects];
}
