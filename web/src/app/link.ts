/**
 * Links to a room: `/#~…` to one that was created, `/?room=R` to one that is open to everyone.
 *
 * The fragment holds a code: the name of the room, or an invite to it. Browsers send no fragment to
 * a server (RFC 3986 §3.5), so no server's log can hold it. `name=N` in the query says who comes.
 * Programs damage links; `web/public/404.js` brings what they have made a path of.
 */

/** What a link says; empty strings where it says nothing. */
export interface Link {
  /** The name of a room, or a code. */
  readonly room: string;
  readonly name: string;
}

const ROOM = /^[\w-]{1,64}$/; // protocol §1
const CODE = /^~[\w-]{21}[^\W_]$/; // protocol §1: none ends in `_` or `-`
/**
 * A code with something else around it. With one letter more it is none, because it has been
 * changed; `_` and `-` after it are marks of whoever wrote the link.
 */
const CODE_WITHIN = /~[\w-]{21}[^\W_](?![_-]*[^\W_])/;
/** What a program has taken into a link with the sentence around it: `?room=tea).` */
const MARKS = /(?:(?![_-])[\p{P}<>])+$/u;
const URL_WITHIN = /https?:\/\/\S+/i;
/** A code or a link to one, and nothing else: what is left of a link that was broken into lines. */
const WHOLE = /^(https?:\/\/[^#]*#)?~[\w-]{21}[^\W_]$/i;
/** Characters that nobody sees, which some programs put around what is copied from them. */
const INVISIBLE = /\p{Cf}/gu;

/** True if `text` may be the name of a room that nobody created. */
export const isRoom = (text: string): boolean => ROOM.test(text);

/** True if `text` may be the name of a created room, or an invite. */
export const isCode = (text: string): boolean => CODE.test(text);

/** True if `text` is a code, or what was left of one. */
export const looksLikeCode = (text: string): boolean => text.startsWith("~");

/** Reads a link. The code of the fragment goes before the room of the query. */
export function readLink(url: URL): Link {
  const { searchParams, hash } = url;
  return {
    room: roomOfFragment(hash.slice(1)) || roomOfQuery(searchParams.get("room") ?? ""),
    name: searchParams.get("name")?.trim() ?? "",
  };
}

/** The link to send, on the host and path of `page`. */
export function makeLink(page: URL, room: string): string {
  const url = new URL(page.pathname, page.origin);
  if (looksLikeCode(room)) url.hash = room;
  else if (room) url.searchParams.set("room", room);
  return url.href;
}

/**
 * Reads the room field, into which people type the name of a room, or paste a link or a code, with
 * blanks, line breaks or words around it. Gives back what was typed if it is none of these.
 */
export function readRoomField(text: string): Link {
  const typed = text.replace(INVISIBLE, "").trim();
  const [address] = URL_WITHIN.exec(typed) ?? [];
  const link = linkOf(address);
  const room = codeWithin(decoded(typed)) ?? (link?.room || typed);
  return { room, name: link?.name ?? "" };
}

/** Null if it is none. Not by `URL.canParse`, which Safari 16 has not. */
function linkOf(address: string | undefined): Link | null {
  try {
    return address ? readLink(new URL(address)) : null;
  } catch {
    return null;
  }
}

function codeWithin(text: string): string | null {
  const together = text.replace(/\s/g, "");
  if (WHOLE.test(together)) return together.slice(together.indexOf("~"));
  return CODE_WITHIN.exec(text)?.[0] ?? null;
}

const roomOfQuery = (room: string): string =>
  CODE_WITHIN.exec(room)?.[0] ?? room.trim().replace(MARKS, "");

/** A fragment that holds no code is not ours, and says nothing. */
function roomOfFragment(fragment: string): string {
  const text = decoded(fragment).replace(/^[\s/#]+/, "");
  return CODE_WITHIN.exec(text)?.[0] ?? (looksLikeCode(text) ? text.trim() : "");
}

/** Some programs write `%23%7E` for `#~`, and the next one `%2523%257E` for that. */
function decoded(text: string): string {
  try {
    const once = decodeURIComponent(text);
    return once === text ? text : decoded(once);
  } catch {
    return text;
  }
}
