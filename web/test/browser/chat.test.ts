import { beforeEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import type { Message } from "../../src/app/log.js";
import { changeRoom, type RoomView } from "../../src/app/room.js";
import type { WithPath } from "../../src/base/picked.js";
import { avatar, hue, initial } from "../../src/views/avatar.js";
import { chatView } from "../../src/views/chat.js";
import { isGrouped, messageRow } from "../../src/views/message.js";
import { BEN, inRoom } from "../app/examples.js";
import { allById, button, byId, drawn, isShown, mount, press, recorder } from "./mount.js";

const WITH_BEN = inRoom({ people: [BEN] }).room;
const ALONE = inRoom().room;

const heard = (room: RoomView, text: string, at = 1_000): RoomView =>
  changeRoom(room, { type: "text-received", from: "b", name: "Ben", text, via: "p2p", at });
const said = (room: RoomView, text: string, at = 1_000): RoomView =>
  changeRoom(room, { type: "text-entered", text, at });

let copied = true;
const say = recorder<[text: string]>();
const sent = recorder<[files: readonly WithPath[]]>();
const shared = recorder<[]>();

function show(room: RoomView): { update(room: RoomView): void; element: HTMLElement } {
  const view = chatView({
    say: say.call,
    send: sent.call,
    copyLink: async () => copied,
    shareLink: shared.call,
  });
  view.element.style.height = "300px";
  return mount(view, room);
}

beforeEach(() => {
  copied = true;
  say.calls.length = 0;
});

it("makes links of addresses, which open elsewhere", () => {
  show(heard(WITH_BEN, "see https://example.com/a, or javascript:alert(1)"));
  const links = [...document.querySelectorAll(".bubble a")] as HTMLAnchorElement[];
  expect(links.map(({ href, target, rel }) => [href, target, rel])).toEqual([
    ["https://example.com/a", "_blank", "noopener noreferrer"],
  ]);
  expect(document.querySelector(".bubble")?.textContent).toBe(
    "see https://example.com/a, or javascript:alert(1)",
  );
});

describe("the log", () => {
  it("shows messages and notes in order, with who wrote them", () => {
    const noted = changeRoom(said(heard(WITH_BEN, "hi"), "hello"), {
      type: "peer-left",
      id: "b",
      reason: "left",
      at: 3,
    });
    show(noted);
    const lines = [...byId("chat-log").children].map(
      (line) => (line.querySelector(".bubble") ?? line).textContent,
    );
    expect(lines).toEqual(["hi", "hello", "Ben left"]);
    expect(allById("message").map((row) => row.dataset.from)).toEqual(["Ben", "Ada"]);
    expect(document.querySelector(".mine .who-name")?.textContent).toBe("You");
  });

  it("shows markup in names and messages as text", () => {
    const nasty = "<img src=x onerror=alert(1)>";
    show(
      changeRoom(WITH_BEN, {
        type: "text-received",
        from: "b",
        name: nasty,
        text: nasty,
        via: "p2p",
        at: 1,
      }),
    );
    expect(document.querySelector(".log img")).toBeNull();
    expect(document.querySelector(".bubble")?.textContent).toBe(nasty);
    expect(document.querySelector(".who-name")?.textContent).toBe(nasty);
  });

  it("keeps the rows that it has: what is selected in them stays selected", () => {
    const first = heard(WITH_BEN, "one");
    const view = show(first);
    const [row] = allById("message");
    view.update(heard(first, "two"));
    expect(allById("message")).toHaveLength(2);
    expect(allById("message")[0]).toBe(row);
  });

  it("removes the oldest rows together with their entries", () => {
    let room = WITH_BEN;
    for (let at = 0; at < 505; at += 1) room = heard(room, `text ${at}`);
    const view = show(heard(WITH_BEN, "text 0"));
    view.update(room);
    expect(allById("message")).toHaveLength(500);
    expect(document.querySelector(".bubble")?.textContent).toBe("text 5");
  });

  it("is announced to screen readers as it grows", () => {
    show(WITH_BEN);
    expect(byId("chat-log").getAttribute("role")).toBe("log");
    expect(byId("chat-log").getAttribute("aria-live")).toBe("polite");
  });
});

describe("how a message went", () => {
  const sent = (via: "p2p" | "server"): RoomView =>
    changeRoom(said(WITH_BEN, "hello"), { type: "text-sent", entry: 0, via });

  it("is silent while it is on its way and when it went directly", () => {
    const view = show(said(WITH_BEN, "hello"));
    expect(byId("message").dataset.delivery).toBe("sending");
    expect(document.querySelector(".fate")?.textContent).toBe("");
    view.update(sent("p2p"));
    expect(byId("message").dataset).toMatchObject({ delivery: "sent", via: "p2p" });
    expect(document.querySelector(".fate")?.textContent).toBe("");
  });

  it("is said when it went through the server", () => {
    const view = show(said(WITH_BEN, "hello"));
    view.update(sent("server"));
    expect(document.querySelector(".fate")?.textContent).toBe("via server");
  });

  it("is said when it was not sent, with a button that sends it again, once", () => {
    const failed = changeRoom(said(WITH_BEN, "hello"), {
      type: "text-failed",
      entry: 0,
      code: "closed",
    });
    const view = show(said(WITH_BEN, "hello"));
    view.update(failed);
    expect(document.querySelector(".fate")?.textContent).toContain("not sent");
    button("Send again").click();
    expect(say.calls).toEqual([["hello"]]);
    expect(() => button("Send again")).toThrow();
  });
});

describe("a message that nobody was there to hear", () => {
  const unheard = changeRoom(said(WITH_BEN, "hello"), {
    ...{ type: "text-sent", entry: 0, via: "nobody" },
  });

  it("says so aloud, with a button that sends it again", () => {
    const view = show(said(WITH_BEN, "hello"));
    view.update(unheard);
    const fate = document.querySelector(".fate");
    expect(fate?.textContent).toContain("nobody was here");
    expect(fate?.textContent).not.toContain("Delivered");
    expect(fate?.hasAttribute("aria-live")).toBe(false);
    button("Send again").click();
    expect(say.calls).toEqual([["hello"]]);
  });
});

describe("whether a message has arrived", () => {
  const TWO = inRoom({ people: [BEN, { ...BEN, id: "c", name: "Cleo" }] }).room;
  const settled = (missed: readonly string[], via: "p2p" | "server" = "p2p"): RoomView => {
    const sent = changeRoom(said(TWO, "hello"), { type: "text-sent", entry: 0, via });
    return changeRoom(sent, { type: "text-settled", entry: 0, missed });
  };
  const fate = () => document.querySelector<HTMLElement>(".fate") as HTMLElement;

  it("is a sign, with a word for who cannot see it that is not read aloud by itself", () => {
    const view = show(said(TWO, "hello"));
    view.update(settled([]));
    expect(byId("message").dataset.delivery).toBe("delivered");
    expect(fate().textContent).toBe("Delivered");
    expect(fate().querySelector("svg")?.dataset.icon).toBe("tick");
    expect(fate().getAttribute("aria-live")).toBe("off");
    view.update(settled([], "server"));
    expect(fate().textContent).toBe("via serverDelivered");
  });

  it("takes no place of its own: the bubbles stay where they are", async () => {
    const view = show(changeRoom(said(TWO, "hello"), { type: "text-sent", entry: 0, via: "p2p" }));
    const before = document.querySelector(".bubble")?.getBoundingClientRect();
    view.update(settled([]));
    await drawn();
    expect(document.querySelector(".bubble")?.getBoundingClientRect()).toEqual(before);
    expect(fate().getBoundingClientRect().right).toBeLessThanOrEqual(before?.left ?? 0);
    expect(fate().getBoundingClientRect().left).toBeGreaterThan(0);
  });

  it("is said if nobody has it, with a button that sends it again", () => {
    const view = show(said(TWO, "hello"));
    view.update(settled(["b", "c"]));
    expect(fate().textContent).toContain("not delivered");
    expect(fate().hasAttribute("aria-live")).toBe(false);
    button("Send again").click();
    expect(say.calls).toEqual([["hello"]]);
  });

  it("is said with the names of those who do not have it: the others would get it twice", () => {
    const view = show(said(TWO, "hello"));
    view.update(settled(["c"]));
    expect(fate().textContent).toBe("not delivered to Cleo");
    expect(() => button("Send again")).toThrow();
  });
});

describe("messages of one sender", () => {
  const message = (at: number, from = "b"): Message => ({
    type: "text",
    id: 0,
    at,
    from,
    name: from,
    text: "hi",
    mine: false,
    via: "p2p",
    delivery: "sent",
  });

  it("stand together within three minutes", () => {
    expect(isGrouped(message(0), message(179_999))).toBe(true);
    expect(isGrouped(message(0), message(180_000))).toBe(false);
    expect(isGrouped(message(0), message(1, "c"))).toBe(false);
    expect(isGrouped(undefined, message(1))).toBe(false);
    expect(
      isGrouped({ type: "note", id: 0, at: 0, what: { type: "joined", name: "Ben" } }, message(1)),
    ).toBe(false);
  });

  it("say when they were written, for machines too", () => {
    const row = messageRow(message(Date.UTC(2027, 2, 9, 14, 30)), false, say.call);
    expect(row.querySelector("time")?.dateTime).toBe("2027-03-09T14:30:00.000Z");
  });

  it("show who writes by a letter, except the user's own", () => {
    const row = (mine: boolean): Element | null =>
      messageRow({ ...message(1), mine }, false, say.call).querySelector(".avatar");
    expect(row(false)).not.toBeNull();
    expect(row(true)).toBeNull();
  });
});

describe("an avatar", () => {
  it.each([
    ["ada", "A"],
    ["éva", "É"],
    ["👩‍🚀 Sally", "👩‍🚀"],
    ["李", "李"],
    ["", "G"],
  ])("of %j shows %s", (name, letter) => {
    expect(avatar(name, "x").textContent).toBe(letter);
  });

  it("has one of six colours, the same for the same id", () => {
    const hues = Array.from({ length: 200 }, (_, at) => hue(`peer-${at}`));
    expect(new Set(hues)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(hue("peer-1")).toBe(hue("peer-1"));
  });

  it("of nobody has no letter", () => {
    expect(initial("")).toBe("");
  });
});

describe("the newest message", () => {
  const scroller = (): HTMLElement =>
    document.querySelector<HTMLElement>(".log-scroll") as HTMLElement;
  const isAtEnd = (): boolean => {
    const { scrollHeight, scrollTop, clientHeight } = scroller();
    return scrollHeight - scrollTop - clientHeight < 2;
  };
  const many = (room: RoomView): RoomView => {
    let next = room;
    for (let at = 0; at < 40; at += 1) next = heard(next, `text ${at}`, at * 200_000);
    return next;
  };
  const newer = (): HTMLElement => document.querySelector<HTMLElement>(".newer") as HTMLElement;

  async function readOlder(): Promise<void> {
    scroller().scrollTo({ top: 0 });
    await drawn();
  }

  it("stays in sight", async () => {
    const view = show(WITH_BEN);
    view.update(many(WITH_BEN));
    await drawn();
    expect(scroller().scrollHeight).toBeGreaterThan(scroller().clientHeight * 2);
    expect(isAtEnd()).toBe(true);
  });

  it("does not move who reads older ones, and is offered by a button", async () => {
    const room = many(WITH_BEN);
    const view = show(room);
    await drawn();
    await readOlder();
    view.update(heard(room, "new"));
    await drawn();
    expect(scroller().scrollTop).toBe(0);
    expect(isShown(newer())).toBe(true);
    newer().click();
    await drawn();
    expect(isAtEnd()).toBe(true);
    expect(isShown(newer())).toBe(false);
  });

  it("comes into sight if it is the user's own", async () => {
    const room = many(WITH_BEN);
    const view = show(room);
    await drawn();
    await readOlder();
    view.update(said(room, "mine"));
    await drawn();
    expect(isAtEnd()).toBe(true);
  });

  it("is not offered for a note", async () => {
    const room = many(WITH_BEN);
    const view = show(room);
    await drawn();
    await readOlder();
    view.update(changeRoom(room, { type: "lock-changed", locked: true, at: 1 }));
    await drawn();
    expect(isShown(newer())).toBe(false);
    expect(scroller().scrollTop).toBe(0);
  });
});

describe("the field", () => {
  const input = (): HTMLTextAreaElement => byId<HTMLTextAreaElement>("chat-input");
  const hint = (): string => document.querySelector("#chat-hint")?.textContent ?? "";

  it("sends with Enter, without the blanks around, and is empty then", () => {
    show(WITH_BEN);
    input().value = "  hello  ";
    expect(press(input(), "Enter").defaultPrevented).toBe(true);
    expect(say.calls).toEqual([["hello"]]);
    expect(input().value).toBe("");
  });

  it("sends with the button and stays focused", () => {
    show(WITH_BEN);
    input().value = "hello";
    byId("send").click();
    expect(say.calls).toEqual([["hello"]]);
    expect(document.activeElement).toBe(input());
  });

  it("does not send with Shift and Enter, nor with the Enter that ends a character", () => {
    show(WITH_BEN);
    input().value = "hello";
    expect(press(input(), "Enter", { shiftKey: true }).defaultPrevented).toBe(false);
    expect(press(input(), "Enter", { isComposing: true }).defaultPrevented).toBe(false);
    expect(say.calls).toEqual([]);
  });

  it("sends nothing that is empty", () => {
    show(WITH_BEN);
    input().value = "   ";
    press(input(), "Enter");
    expect(say.calls).toEqual([]);
  });

  it("keeps the text while nobody is there to read it, and says so", () => {
    const view = show(ALONE);
    input().value = "hello";
    press(input(), "Enter");
    expect(say.calls).toEqual([]);
    expect(input().value).toBe("hello");
    expect(hint()).toMatch(/Nobody is here/);
    view.update(WITH_BEN);
    expect(hint()).toBe("");
    expect(input().placeholder).toBe("Message to everyone here");
  });

  it("takes as many characters as the protocol", () => {
    show(WITH_BEN);
    expect(input().maxLength).toBe(4_096);
  });
});

describe("an empty room", () => {
  const words = (): string => document.querySelector(".alone .said")?.textContent ?? "";

  it("offers the link until somebody is there", () => {
    const view = show(ALONE);
    expect(isShown(byId("alone"))).toBe(true);
    expect(byId("alone").textContent).toContain("Nobody else is here yet. Send the link.");
    view.update(WITH_BEN);
    expect(isShown(byId("alone"))).toBe(false);
  });

  it("says something else to who was left alone", () => {
    show(changeRoom(WITH_BEN, { type: "peer-left", id: "b", reason: "left", at: 1 }));
    expect(byId("alone").textContent).toContain("Send the link again?");
  });

  it("says that the link was copied, or shows it where it was not", async () => {
    show(ALONE);
    button("Copy link").click();
    await drawn();
    expect(words()).toBe("Copied. Now send it.");
    copied = false;
    button("Copy link").click();
    await drawn();
    expect(words()).toBe("https://meet.example/app/?room=R");
  });

  it("forgets what it said when the link changes", async () => {
    const view = show(ALONE);
    button("Copy link").click();
    await drawn();
    view.update({ ...ALONE, link: "https://meet.example/?room=R#invite=j" });
    expect(words()).toBe("");
  });
});
