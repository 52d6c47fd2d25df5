import type { RoomState } from "@heliograph/client";
import type { App } from "../app.js";
import { h, setAttribute, setText, type View } from "../dom.js";
import { type IconName, icon } from "../icons.js";
import { logo } from "../logo.js";
import type { RoomView, State } from "../state.js";
import { BACKEND_AWAY, RECONNECTING } from "../words.js";
import { chatView } from "./chat.js";
import { inviteView } from "./invite.js";
import { peopleView } from "./people.js";
import { problemView } from "./problem.js";

const CONNECTION: Readonly<Record<RoomState, readonly [IconName, string]>> = {
  connecting: ["wait", "Connecting…"],
  connected: ["check", "Connected"],
  reconnecting: ["again", "Reconnecting…"],
  closed: ["alert", "Closed"],
};

/** One room, from joining to leaving: the next one gets a new view. */
export function roomView(app: App, dismiss: () => void): View<State> {
  const invite = inviteView((options) => app.invite(options));
  const people = peopleView((person) => void app.kick(person));
  const chat = chatView({
    say: (text) => void app.say(text),
    copyLink: () => invite.copy(),
    shareLink: () => void invite.share(),
  });
  const alert = problemView({ dismiss });
  const banner = h("div", { class: "banner-place", role: "status" });
  const side = h(
    "aside",
    { id: "side", class: "side", "aria-label": "Invite and people" },
    invite.element,
    people.element,
  );
  const main = h("main", { class: "stage" }, banner, alert.element, chat.element);
  const head = headView(
    app,
    () => element.classList.contains("side-open"),
    (open) => element.classList.toggle("side-open", open),
  );
  const element = h("div", { class: "room", "data-testid": "room" }, head.element, main, side);

  return {
    element,
    update(state) {
      const { room } = state;
      if (!room) return;
      head.update(room);
      alert.update(state.problem);
      showBanner(banner, room);
      invite.update(room);
      people.update(room);
      chat.update(room);
    },
  };
}

function showBanner(place: HTMLElement, room: RoomView): void {
  const text = room.connection !== "reconnecting" ? "" : room.away ? BACKEND_AWAY : RECONNECTING;
  if (place.textContent === text) return;
  place.replaceChildren(
    ...(text
      ? [
          h(
            "div",
            { class: "banner", "data-testid": "banner" },
            icon(room.away ? "alert" : "again"),
            h("p", {}, text),
          ),
        ]
      : []),
  );
}

function headView(app: App, isOpen: () => boolean, open: (open: boolean) => void): View<RoomView> {
  const name = h("h1", { class: "room-name", tabindex: "-1" });
  const connection = h("p", { class: "mark", "data-testid": "connection", role: "status" });
  const lock = h("button", { type: "button", class: "button", "data-testid": "lock" });
  const leave = h(
    "button",
    { type: "button", class: "button", "data-testid": "leave" },
    icon("leave"),
    h("span", { class: "wide-only" }, "Leave"),
  );
  const side = h("button", {
    type: "button",
    class: "button narrow-only",
    "aria-controls": "side",
    "data-testid": "people",
  });
  setAttribute(leave, "aria-label", "Leave");
  let locked = false;

  lock.addEventListener("click", () => void app.lock(!locked));
  leave.addEventListener("click", () => app.leave());
  side.addEventListener("click", () => {
    open(!isOpen());
    showSide();
  });
  let count = 0;
  function showSide(): void {
    const opened = isOpen();
    setAttribute(side, "aria-expanded", String(opened));
    setAttribute(side, "aria-label", opened ? "Chat" : `People: ${count}`);
    const words = opened ? "Chat" : "People";
    side.replaceChildren(
      icon(opened ? "chat" : "people"),
      h("span", { class: "wide-only" }, words),
      ...(opened ? [] : [`${count}`]),
    );
  }

  return {
    element: h(
      "header",
      { class: "head" },
      logo(),
      h("div", { class: "head-text" }, name, connection),
      h("div", { class: "head-buttons" }, side, lock, leave),
    ),
    update(room) {
      setText(name, room.id);
      const [sign, words] = CONNECTION[room.connection];
      if (connection.textContent !== words) connection.replaceChildren(icon(sign), words);
      setAttribute(connection, "data-state", room.connection);
      if (count !== room.people.length + 1) {
        count = room.people.length + 1;
        showSide();
      }
      if (lock.hasChildNodes() && locked === room.locked) return;
      locked = room.locked;
      lock.hidden = room.self.role !== "host";
      const label = locked ? "Unlock room" : "Lock room";
      setAttribute(lock, "aria-label", label);
      setAttribute(lock, "data-locked", String(locked));
      lock.replaceChildren(
        icon(locked ? "lock" : "unlock"),
        h("span", { class: "wide-only" }, label),
      );
    },
  };
}
