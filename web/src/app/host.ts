/**
 * What makes a browser the host of a room that it created, and the invite in the room's link. Pure.
 *
 * The address bar of a host has to be a link that lets others in. So the host's page keeps an
 * account of the invite in it, and asks for another one when it may be spent:
 *
 * `usesLeft` is 0       so many people have come since the invite was made
 * its time is over      by our own clock from the moment we asked, so no two clocks are compared
 * somebody was removed  the backend then revokes the invite by which that member came
 *
 * Uses that are spent while no page of the host is open are not counted.
 */
import type { InviteOptions } from "@heliograph/client";

/** An invite, as its host knows it. */
export interface HostInvite {
  /** The code that lets people in. */
  readonly code: string;
  /** How many more people it lets in, or fewer. */
  readonly usesLeft: number;
  /** By our clock, in milliseconds since 1970. */
  readonly endsAt: number;
}

/** What lets this browser be host again in a room that it created. */
export interface HostKey {
  /** The room's name. */
  readonly room: string;
  /** Host token (protocol §2). */
  readonly hostToken: string;
  /** When the room ends, by our clock, in milliseconds since 1970. */
  readonly endsAt: number;
  /** The newest invite; null in a room that is open to everyone. */
  readonly invite: HostInvite | null;
}

/** Seconds that a room exists, and its invite with it: the longest, protocol §1. */
export const ROOM_TTL_SECONDS = 86_400;
/** Another invite is asked for so long before the old one ends: somebody may be about to use it. */
const MARGIN_MS = 60_000;
/** How long a page that got no invite waits before it asks again. */
export const RENEW_AGAIN_MS = 30_000;

/** The account of an invite that was made at `at` (milliseconds since 1970). */
export const newInvite = (
  code: string,
  { uses, ttlSeconds }: { readonly uses: number; readonly ttlSeconds: number },
  at: number,
): HostInvite => ({ code, usesLeft: uses, endsAt: at + ttlSeconds * 1_000 });

/** The invite after one more person has come. */
export const withUse = (invite: HostInvite): HostInvite => ({
  ...invite,
  usesLeft: invite.usesLeft - 1,
});

/** How long from `at` on the invite can stay in the link, in milliseconds; 0 if it is spent. */
export const goodFor = ({ usesLeft, endsAt }: HostInvite, at: number): number =>
  usesLeft <= 0 ? 0 : Math.max(0, endsAt - MARGIN_MS - at);

/** What the page asks for by itself: an invite for a full room, for as long as the room can exist. */
export const renewal = (capacity: number): Required<InviteOptions> => ({
  uses: capacity,
  ttl: ROOM_TTL_SECONDS,
});
