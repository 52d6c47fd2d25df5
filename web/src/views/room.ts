import type { InviteOptions } from "@heliograph/client";
import type { Person } from "../app/events.js";
import type { InRoom } from "../app/state.js";
import { h, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import type { WithPath } from "../base/picked.js";
import type { CallButtons, CallPlace } from "../call/place.js";
import { type Files, NO_FILES } from "../transfers/model.js";
import { words } from "../words/page.js";
import { roomProblemWords } from "../words/problems.js";
import { callPart } from "./call-place.js";
import { chatView } from "./chat.js";
import { type ChooseActions, chooseView } from "./choose.js";
import { dropZone } from "./drop.js";
import { type FilesViewActions, filesView } from "./files.js";
import { type HeadActions, headView } from "./head.js";
import { inviteView } from "./invite.js";
import { peopleView } from "./people.js";
import { problemView } from "./problem.js";
import type { AskWords } from "./safety.js";

/** What the user can do in a room. */
export interface RoomActions extends HeadActions {
  say(text: string): void;
  kick(person: Person): void;
  invite(options: Required<InviteOptions>): void;
  dismiss(): void;
  askWords: AskWords;
  /** The files of this room; `show` is called with each new state, and at once. */
  followFiles(show: (files: Files) => void): FilesActions;
  /** The call of this room is drawn there; `show` is called with each new state. */
  followCall(place: CallPlace): CallButtons;
}

/** What can be done with files. */
export interface FilesActions extends FilesViewActions, ChooseActions {
  send(files: readonly WithPath[]): void;
}

/** One room, until leaving or another language: the next one gets a new view. `aside` ends the side. */
export function roomView(actions: RoomActions, ...aside: HTMLElement[]): View<InRoom> {
  const invite = inviteView(actions.invite);
  const people = peopleView(actions.kick, actions.askWords);
  const files = filesPart(actions.followFiles);
  const chat = chatView({
    say: actions.say,
    send: files.send,
    copyLink: () => invite.copy(),
    shareLink: () => void invite.share(),
  });
  const call = callPart(actions.followCall);
  const alert = problemView({ dismiss: actions.dismiss }, roomProblemWords);
  const banner = bannerView();
  const side = sidePanel(invite.element, people.element, ...aside);
  const stage = [banner.element, alert.element, call.element, files.list, chat.element];
  const main = h("main", { class: "parts" }, h("div", { class: "stage" }, ...stage), side);
  const element = h("div", { class: "room", "data-testid": "room" });
  const openSide = (open: boolean) => void element.classList.toggle("side-open", open);
  const head = headView(actions, openSide, call.button);
  element.append(head.element, main, files.choice, dropZone(element, files.send));

  return {
    element,
    update(state) {
      files.open();
      alert.update(state.problem);
      banner.update(state);
      for (const part of [head, invite, people, chat]) part.update(state.room);
    },
  };
}

interface FilesPart {
  readonly list: HTMLElement;
  readonly choice: HTMLElement;
  readonly send: (files: readonly WithPath[]) => void;
  /** Asks to whom, now that the screen is in the page. */
  readonly open: () => void;
}

/** Follows the files of the room by itself: they are no part of its state. */
function filesPart(follow: RoomActions["followFiles"]): FilesPart {
  let shown = NO_FILES;
  const parts: View<Files>[] = [];
  const actions = follow((files) => {
    shown = files;
    for (const part of parts) part.update(files);
  });
  const [list, choice] = [filesView(actions), chooseView(actions)];
  parts.push(list, choice);
  for (const part of parts) part.update(shown);
  const open = (): void => choice.update(shown);
  return { list: list.element, choice: choice.element, send: actions.send, open };
}

/** A part of `main`: on a narrow screen it is all that is shown. */
const sidePanel = (...children: HTMLElement[]): HTMLElement =>
  h("section", { id: "side", class: "side", "aria-label": words.room.side }, ...children);

/**
 * Says that the connection to the backend is interrupted, and after a while what that means. A
 * problem goes before it: what has just failed is more than that, and two boxes say it twice.
 */
function bannerView(): View<InRoom> {
  const element = h("div", { class: "banner-place", role: "status" });
  let shown = "";
  return {
    element,
    update({ room: { connection, away }, problem }) {
      const interrupted = away ? words.room.away : words.room.reconnecting;
      const said = connection === "reconnecting" && problem === null ? interrupted : "";
      if (said === shown) return;
      shown = said;
      element.replaceChildren(...(said ? [banner(said, away)] : []));
    },
  };
}

const banner = (said: string, away: boolean): HTMLElement =>
  h(
    "div",
    { class: "banner", "data-testid": "banner" },
    icon(away ? "alert" : "again"),
    h("p", {}, said),
  );
