import type { RoomState } from "@heliograph/client";
import type { RoomView } from "../app/room.js";
import { h, setAttribute, setText, type View } from "../base/dom.js";
import { type IconName, icon } from "../base/icons.js";
import { logo } from "../base/logo.js";
import { formats, words } from "../words/page.js";
import { roomWords } from "../words/room.js";

/** What the buttons at the top do. */
export interface HeadActions {
  lock(locked: boolean): void;
  leave(): void;
}

const SIGNS: Readonly<Record<RoomState, IconName>> = {
  connecting: "wait",
  connected: "check",
  reconnecting: "again",
  closed: "alert",
};

/**
 * The top of the room: its name, the connection, and the buttons. `openSide` shows or hides the
 * side with the people, on a screen too narrow for both. `more` are the first of the buttons.
 */
export function headView(
  actions: HeadActions,
  openSide: (open: boolean) => void,
  ...more: HTMLElement[]
): View<RoomView> {
  const name = h("h1", { class: "room-name", tabindex: "-1" });
  const connection = connectionView();
  const locked = lockedView();
  const side = sideButton(openSide);
  const lock = lockButton(actions.lock);
  return {
    element: h(
      "header",
      { class: "head" },
      logo(),
      h(
        "div",
        { class: "head-text" },
        name,
        h("div", { class: "head-marks" }, connection.element, locked.element),
      ),
      h(
        "div",
        { class: "head-buttons" },
        ...[...more, side.element, lock.element, leaveButton(actions.leave)],
      ),
    ),
    update(room) {
      setText(name, roomWords(room.id));
      for (const part of [connection, locked, side, lock]) part.update(room);
    },
  };
}

function connectionView(): View<RoomView> {
  const element = h("p", { class: "mark", "data-testid": "connection", role: "status" });
  return {
    element,
    update({ connection }) {
      const said = words.head[connection];
      if (element.textContent !== said) element.replaceChildren(icon(SIGNS[connection]), said);
      setAttribute(element, "data-state", connection);
    },
  };
}

/** For everyone: a note in the chat says when it changes, and who did it. */
function lockedView(): View<RoomView> {
  const mark = { class: "mark", "data-testid": "locked" };
  const element = h("p", mark, icon("lock"), words.head.locked);
  return {
    element,
    update({ locked }) {
      element.hidden = !locked;
    },
  };
}

/** Switches between the chat and the people, on a narrow screen, and counts what is unread meanwhile. */
function sideButton(openSide: (open: boolean) => void): View<RoomView> {
  const element = h("button", {
    type: "button",
    class: "button narrow-only",
    "aria-controls": "side",
    "data-testid": "people",
  });
  let count = 0;
  let unread = 0;
  let open = false;
  let seen = 0; // the next entry of the chat when it was covered
  let room: RoomView | null = null;

  function show(): void {
    setAttribute(element, "aria-expanded", String(open));
    const { chat, chatUnread, people, peopleCount } = words.head;
    const label = unread > 0 ? chatUnread(unread) : chat;
    setAttribute(element, "aria-label", open ? label : peopleCount(count));
    const said = h("span", { class: "wide-only" }, open ? chat : people);
    const number = open ? unread : count;
    const shown = number > 0 ? formats.number(number) : "";
    element.replaceChildren(icon(open ? "chat" : "people"), said, shown);
  }
  element.addEventListener("click", () => {
    open = !open;
    seen = room?.nextEntry ?? 0;
    unread = 0;
    openSide(open);
    show();
  });

  return {
    element,
    update(next) {
      const [here, missed] = [next.people.length + 1, open ? unreadSince(seen, next) : 0];
      room = next;
      if (count === here && unread === missed) return;
      count = here;
      unread = missed;
      show();
    },
  };
}

/** Messages of others from this entry on. */
const unreadSince = (entry: number, { entries }: RoomView): number =>
  entries.filter((one) => one.type === "text" && !one.mine && one.id >= entry).length;

/** For the host only. */
function lockButton(lock: (locked: boolean) => void): View<RoomView> {
  const element = h("button", { type: "button", class: "button", "data-testid": "lock" });
  let shown: boolean | null = null;
  element.addEventListener("click", () => lock(!shown));
  return {
    element,
    update({ locked, self }) {
      if (locked === shown) return;
      shown = locked;
      element.hidden = self.role !== "host";
      const label = locked ? words.head.unlock : words.head.lock;
      setAttribute(element, "aria-label", label);
      setAttribute(element, "data-locked", String(locked));
      const said = h("span", { class: "wide-only" }, label);
      element.replaceChildren(icon(locked ? "lock" : "unlock"), said);
    },
  };
}

function leaveButton(leave: () => void): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "button", "aria-label": words.head.leave, "data-testid": "leave" },
    icon("leave"),
    h("span", { class: "wide-only" }, words.head.leave),
  );
  button.addEventListener("click", leave);
  return button;
}
