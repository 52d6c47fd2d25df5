/** Turns the SDK's live objects and errors into the plain values of the app. */
import { type ErrorCode, HeliographError, type Peer, type Room } from "@heliograph/client";
import type { Refusal } from "../app/admission.js";
import type { JoinedRoom, Person } from "../app/events.js";

/** The code of an error; `internal` for one that is not the SDK's. */
export const codeOf = (error: unknown): ErrorCode =>
  error instanceof HeliographError ? error.code : "internal";

/** What an error says about a join. */
export const refusalOf = (error: unknown): Refusal => ({
  code: codeOf(error),
  retryAfterSeconds: error instanceof HeliographError ? error.retryAfter : undefined,
});

/** A copy of what the page shows of a peer. */
export const personOf = ({ id, name, role, state, path, words }: Peer): Person => ({
  id,
  name,
  role,
  state,
  path,
  words,
});

/** A copy of what the page shows of a room, at this moment. */
export const joinedRoomOf = ({ id, self, capacity, locked, state, peers }: Room): JoinedRoom => ({
  id,
  self: { id: self.id, name: self.name, role: self.role },
  capacity,
  locked,
  connection: state,
  people: [...peers.values()].map(personOf),
});
