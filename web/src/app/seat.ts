/** What this tab knows about one room: who it was there, and what lets it in. */
export interface Seat {
  /** The name it had in the room. */
  readonly name?: string;
  /** Peer token (protocol §2): comes back as the same peer. */
  readonly token?: string;
  /** Host token: joins as a host. */
  readonly hostToken?: string;
  /** Invite token. */
  readonly invite?: string;
}

/** A change of a kept seat: a member that is undefined is forgotten, a missing one stays. */
export type SeatChange = { readonly [K in keyof Seat]?: Seat[K] | undefined };

/** True if the kept identity has the name that is asked for, or no name is asked for. */
export const mayResume = (seat: Seat, name: string): boolean =>
  seat.token !== undefined && (name === "" || name === (seat.name ?? ""));

/** Whom the form asks to join as; empty where it does not say. */
interface Wish {
  readonly name: string;
  readonly invite: string;
}

/** What to join with: `kept` of an earlier visit, and the invite of the form, which wins. */
export function seatFor(kept: Seat, { name, invite }: Wish): Seat {
  const { token, ...rest } = kept;
  const seat = invite ? { ...rest, invite } : rest;
  return token !== undefined && mayResume(kept, name) ? { ...seat, token } : seat;
}
