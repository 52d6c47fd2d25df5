/** What a notice of the browser says: who did something, and not what. */
import { plain } from "../language/isolate.js";
import { joinedNote, nameOf } from "./notes.js";
import { words } from "./page.js";

/** Its parts are no elements, so nothing of it is isolated by marks: a name stands alone. */
export function noticeWords(type: "text" | "file" | "joined", who: string) {
  if (type === "text") return { title: words.chat.newer, body: nameOf(who) };
  if (type === "file") return { title: words.files.title, body: nameOf(who) };
  return { title: "Heliograph", body: plain(joinedNote(who)) };
}
