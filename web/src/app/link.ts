/** Links to a room: `/?room=R&name=N#invite=…`. */
import { EMPTY_FORM, type Form } from "./form.js";

/** Reads a link. Members are empty strings where the link says nothing. */
export function readLink(url: URL): Form {
  const fragment = new URLSearchParams(url.hash.slice(1));
  return {
    room: url.searchParams.get("room")?.trim() ?? "",
    name: url.searchParams.get("name")?.trim() ?? "",
    invite: fragment.get("invite") ?? "",
  };
}

/**
 * The link to send, on the host and path of `page`. The invite is in the fragment: browsers send
 * no fragment to a server (RFC 3986 §3.5), so no server's log can hold it.
 */
export function makeLink(page: URL, room: string, invite = ""): string {
  const url = new URL(page.pathname, page.origin);
  if (room) url.searchParams.set("room", room);
  if (invite) url.hash = new URLSearchParams({ invite }).toString();
  return url.href;
}

/** Reads the room field, into which people type the name of a room or paste a whole link. */
export function readRoomField(text: string): Form {
  const typed = text.trim();
  if (typed.includes("room=") && URL.canParse(typed)) return readLink(new URL(typed));
  return { ...EMPTY_FORM, room: typed };
}
