/** Where a link leads: empty strings where it says nothing. */
export interface Target {
  readonly room: string;
  readonly name: string;
  readonly invite: string;
}

const ROOM = /^[A-Za-z0-9_-]{1,64}$/; // protocol §1

export const isRoom = (text: string): boolean => ROOM.test(text);

/** Reads `/?room=R&name=N#invite=…`. */
export function readLink(url: URL): Target {
  const hash = new URLSearchParams(url.hash.slice(1));
  return {
    room: url.searchParams.get("room")?.trim() ?? "",
    name: url.searchParams.get("name")?.trim() ?? "",
    invite: hash.get("invite") ?? "",
  };
}

/** The link to send. The invite is in the fragment, so that it never reaches a server's log. */
export function makeLink(page: URL, room: string, invite = ""): string {
  const url = new URL(page.pathname, page.origin);
  if (room) url.searchParams.set("room", room);
  if (invite) url.hash = new URLSearchParams({ invite }).toString();
  return url.href;
}

/** What someone typed or pasted where a room is asked for: a room's name or a whole link. */
export function readRoomField(text: string): Target {
  const typed = text.trim();
  if (typed.includes("room=") && URL.canParse(typed)) return readLink(new URL(typed));
  return { room: typed, name: "", invite: "" };
}
