import type { ErrorCode, InviteOptions } from "@heliograph/client";
import { beforeEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import type { JoinedRoom, Person } from "../../src/app/events.js";
import { changeRoom, type RoomView } from "../../src/app/room.js";
import type { InRoom } from "../../src/app/state.js";
import type { View } from "../../src/base/dom.js";
import { type FilesActions, roomView } from "../../src/views/room.js";
import { BEN, CODE, hostInvite, INVITE, INVITE_2, inInviteRoom, inRoom } from "../app/examples.js";
import { Answer } from "../edge/answer.js";
import { NO_BUTTONS } from "./call.js";
import { NO_ACTIONS } from "./files.js";
import { allById, button, byId, drawn, isShown, mount, recorder } from "./mount.js";

const CLEO: Person = {
  ...BEN,
  ...{ id: "c", name: "Cleo", role: "host", state: "connected", path: "relayed" },
};

const noFiles = (): FilesActions => NO_ACTIONS;
const kicked = recorder<[Person]>();
const locked = recorder<[boolean]>();
const invited = recorder<[Required<InviteOptions>]>();
const left = recorder<[]>();
const dismissed = recorder<[]>();
let asked: string[] = [];
let answer = new Answer<ErrorCode | null>();
const RECORDERS = [kicked, locked, invited, left, dismissed];

const show = (state: InRoom): View<InRoom> =>
  mount(
    roomView({
      say: () => {},
      kick: kicked.call,
      lock: locked.call,
      invite: invited.call,
      leave: left.call,
      dismiss: dismissed.call,
      askWords: (id) => {
        asked.push(id);
        return answer.promise;
      },
      followFiles: noFiles,
      followCall: () => NO_BUTTONS,
    }),
    state,
  );

const GUEST = { self: { id: "a", name: "Ada", role: "guest" } } as const;

const host = (change: Partial<JoinedRoom> = {}): InRoom => inRoom(change);
const guest = (change: Partial<JoinedRoom> = {}): InRoom => inRoom({ ...GUEST, ...change });
/** A host, and a guest, in a room by invitation. */
const inviting = (change: Partial<JoinedRoom> = {}): InRoom => inInviteRoom(change);
const invitee = (change: Partial<JoinedRoom> = {}): InRoom =>
  inInviteRoom({ ...GUEST, ...change }, null);
const change = (state: InRoom, next: Partial<RoomView>): InRoom => ({
  ...state,
  room: { ...state.room, ...next },
});

beforeEach(() => {
  for (const { calls } of RECORDERS) calls.length = 0;
  asked = [];
  answer = new Answer();
});

describe("the head", () => {
  it("names the room", () => {
    show(guest());
    expect(document.querySelector("h1")?.textContent).toBe("R");
  });

  it("does not show the code of a created room, which lets people in", () => {
    show(inviting());
    expect(document.querySelector("h1")?.textContent).toBe("Room hanot");
    expect(document.body.textContent).not.toContain(CODE.slice(6));
  });

  it("says to everyone that the room is locked", () => {
    for (const someone of [guest, host]) {
      const view = show(someone());
      expect(isShown(byId("locked"))).toBe(false);
      view.update(someone({ locked: true }));
      expect(isShown(byId("locked"))).toBe(true);
      expect(byId("locked").textContent).toBe("Locked");
    }
  });

  it.each([
    ["connecting", "Connecting…"],
    ["connected", "Connected"],
    ["reconnecting", "Reconnecting…"],
    ["closed", "Closed"],
  ] as const)("says %s as %s, and is read aloud when that changes", (connection, words) => {
    show(guest({ connection }));
    expect(byId("connection").textContent).toBe(words);
    expect(byId("connection").dataset.state).toBe(connection);
    expect(byId("connection").getAttribute("role")).toBe("status");
  });

  it("leaves the room", () => {
    show(guest());
    byId("leave").click();
    expect(left.calls).toHaveLength(1);
  });

  it("locks and unlocks for the host", () => {
    const view = show(host());
    expect(isShown(byId("lock"))).toBe(true);
    expect(byId("lock").getAttribute("aria-label")).toBe("Lock room");
    byId("lock").click();
    view.update(host({ locked: true }));
    expect(byId("lock").dataset.locked).toBe("true");
    expect(byId("lock").getAttribute("aria-label")).toBe("Unlock room");
    byId("lock").click();
    expect(locked.calls).toEqual([[true], [false]]);
  });

  it("has no lock for a guest", () => {
    show(guest());
    expect(isShown(byId("lock"))).toBe(false);
  });

  it("switches between chat and people on a narrow screen, and counts the people", () => {
    const view = show(guest());
    const side = byId("people");
    expect(side.getAttribute("aria-label")).toBe("People: 1");
    expect(side.getAttribute("aria-expanded")).toBe("false");
    view.update(guest({ people: [BEN] }));
    expect(side.getAttribute("aria-label")).toBe("People: 2");
    side.click();
    expect(byId("room").classList.contains("side-open")).toBe(true);
    expect(side.getAttribute("aria-expanded")).toBe("true");
    expect(side.getAttribute("aria-label")).toBe("Chat");
    const message = { from: "b", name: "Ben", text: "hi", via: "p2p", at: 1 } as const;
    const ours = { type: "text-entered", text: "hi", at: 1 } as const;
    const state = guest({ people: [BEN] });
    const told = changeRoom(changeRoom(state.room, ours), { type: "text-received", ...message });
    view.update({ ...state, room: told });
    expect(side.getAttribute("aria-label")).toBe("Chat: 1 new");
    expect(side.textContent).toContain("1");
    side.click();
    side.click();
    view.update({ ...state, room: told });
    expect(side.getAttribute("aria-label")).toBe("Chat"); // they were in sight meanwhile
    side.click();
    expect(byId("room").classList.contains("side-open")).toBe(false);
    expect(side.textContent).toContain("2");
  });
});

describe("an interrupted connection", () => {
  it("is a word at first, and an explanation when it takes long", () => {
    const view = show(guest());
    expect(allById("banner")).toEqual([]);
    const interrupted = guest({ connection: "reconnecting" });
    view.update(interrupted);
    expect(byId("banner").textContent).toMatch(/^Reconnecting…/);
    view.update(change(interrupted, { away: true }));
    expect(byId("banner").textContent).toMatch(/^The backend is away/);
    view.update(guest());
    expect(allById("banner")).toEqual([]);
  });

  it("is not said again while nothing changes", () => {
    const view = show(guest({ connection: "reconnecting" }));
    const banner = byId("banner");
    view.update(guest({ connection: "reconnecting", people: [BEN] }));
    expect(byId("banner")).toBe(banner);
  });
});

describe("a problem", () => {
  it("is shown in a place that was there before, and can be dismissed", () => {
    const view = show(guest());
    const place = document.querySelector('[role="alert"]');
    expect(place?.textContent).toBe("");
    view.update({ ...guest(), problem: "not_host" });
    expect(place?.contains(byId("error"))).toBe(true);
    expect(byId("error").dataset.code).toBe("not_host");
    expect(byId("error").textContent).toContain("Only the host can do that.");
    button("Dismiss").click();
    expect(dismissed.calls).toHaveLength(1);
    view.update(guest());
    expect(allById("error")).toEqual([]);
  });

  it("stands alone: while it is shown, nothing else says that the backend is away", () => {
    const interrupted = change(guest({ connection: "reconnecting" }), { away: true });
    const view = show(interrupted);
    expect(allById("banner")).toHaveLength(1);
    view.update({ ...interrupted, problem: "backend_away" });
    expect(allById("banner")).toEqual([]);
    expect(byId("error").textContent).toMatch(/That was not done: the backend is away/);
    expect(byId("error").textContent).not.toContain("lets you in");
    view.update(interrupted);
    expect(allById("error")).toEqual([]);
    expect(allById("banner")).toHaveLength(1);
  });

  it("has no button to try again: the action is in the room itself", () => {
    show({ ...guest(), problem: "rate_limited" });
    expect(allById("retry")).toEqual([]);
  });
});

describe("the people", () => {
  const names = (): (string | null)[] =>
    [...document.querySelectorAll(".person-name")].map((one) => one.textContent);

  it("are counted, with the user first", () => {
    show(guest({ people: [BEN, CLEO] }));
    expect(document.querySelector("#people-title")?.textContent).toBe("People (3 of 8)");
    expect(names()).toEqual(["Ada", "Ben", "Cleo"]);
    expect(byId("self").textContent).toContain("You");
  });

  it("show who is host, and whether the user is", () => {
    show(host({ people: [BEN, CLEO] }));
    expect(byId("self").textContent).toContain("You, host");
    const badges = [...document.querySelectorAll<HTMLElement>(".badge")].map(isShown);
    expect(badges).toEqual([false, true]);
  });

  it("show how each is connected, in words and for tests", () => {
    const view = show(guest({ people: [BEN] }));
    expect(byId("peer").dataset).toMatchObject({ state: "connecting", path: "server" });
    view.update(guest({ people: [{ ...BEN, state: "connected", path: "direct" }] }));
    expect(byId("peer").dataset).toMatchObject({
      peer: "b",
      name: "Ben",
      state: "connected",
      path: "direct",
    });
    expect(byId("peer").textContent).toContain("Connected");
    expect(byId("peer").textContent).toContain("direct");
  });

  it("keep their row when they change, and lose it when they go", () => {
    const view = show(guest({ people: [BEN, CLEO] }));
    const [ben, cleo] = allById("peer");
    view.update(guest({ people: [{ ...BEN, state: "failed" }, CLEO] }));
    expect(allById("peer")).toEqual([ben, cleo]);
    view.update(guest({ people: [CLEO] }));
    expect(allById("peer")).toEqual([cleo]);
    expect(names()).toEqual(["Ada", "Cleo"]);
  });

  it("are called Guest while they have no name", () => {
    const view = show(guest({ people: [{ ...BEN, name: "" }] }));
    expect(names()).toEqual(["Ada", "Guest"]);
    view.update(guest({ people: [BEN] }));
    expect(names()).toEqual(["Ada", "Ben"]);
  });

  it("can be removed by the host, each by a button with their name", () => {
    show(host({ people: [BEN, CLEO] }));
    expect(allById("kick").every(isShown)).toBe(true);
    button("Remove Cleo from the room").click();
    expect(kicked.calls).toEqual([[CLEO]]);
  });

  it("cannot be removed by a guest", () => {
    show(guest({ people: [BEN] }));
    expect(isShown(byId("kick"))).toBe(false);
  });

  it("have signs that are explained", () => {
    show(guest());
    const terms = [...document.querySelectorAll(".legend dt")].map((one) => one.textContent);
    expect(terms).toEqual(["direct", "relayed", "via server"]);
  });
});

describe("the words that two people compare", () => {
  const WORDS = ["artist", "impose", "kangaroo"];
  const UP: Person = { ...BEN, state: "connected", path: "direct" };
  const at = (person: Partial<Person> = {}) => guest({ people: [{ ...UP, ...person }] });
  const panel = () => document.querySelector('.safety [role="status"]')?.textContent;
  const toggle = async () => {
    byId("compare-words").click();
    await drawn();
  };

  it("are there to be asked for once there is a connection, with the name of the person", () => {
    const view = show(guest({ people: [BEN] }));
    expect(isShown(byId("compare-words"))).toBe(false);
    view.update(at());
    expect(isShown(byId("compare-words"))).toBe(true);
    expect(byId("compare-words").getAttribute("aria-label")).toBe(
      "Compare words with \u2068Ben\u2069",
    );
    expect([asked, allById("safety-words")]).toEqual([[], []]);
  });

  it("are asked for, shown with what to do, and hidden again", async () => {
    const view = show(at());
    await toggle();
    expect(asked).toEqual(["b"]);
    expect(panel()).toBe("Asking the other browser…");
    view.update(at({ words: WORDS }));
    answer.resolve(null);
    await drawn();
    expect(byId("safety-words").textContent).toBe("artist impose kangaroo");
    expect(panel()).toContain("If they differ, somebody is listening in.");
    await toggle();
    expect(panel()).toBe("");
  });

  it("that the other side has asked for are shown at once, and not before they are asked for", async () => {
    show(at({ words: WORDS }));
    expect(allById("safety-words")).toEqual([]);
    await toggle();
    expect(byId("safety-words").textContent).toBe("artist impose kangaroo");
    expect(asked).toEqual([]);
  });

  it("are taken away with their connection, and can be compared again", async () => {
    const view = show(at({ words: WORDS }));
    await toggle();
    view.update(at({ words: null, state: "reconnecting" }));
    expect(allById("safety-words")).toEqual([]);
    expect(panel()).toContain("The connection was made anew");
    view.update(at());
    button("Compare again").click();
    view.update(at({ words: ["zone", "zoo", "zero"] }));
    expect(byId("safety-words").textContent).toBe("zone zoo zero");
    expect(asked).toEqual(["b"]);
  });

  it.each([
    ["no_answer", "The other browser does not answer."],
    ["safety_mismatch", "Somebody may be listening in."],
    ["unsupported", "Words cannot be compared over this connection."],
  ])("that cannot be made (%s) are no words, and it says why", async (code, words) => {
    show(at());
    await toggle();
    answer.resolve(code);
    await drawn();
    expect(panel()).toContain(words);
    expect(allById("safety-words")).toEqual([]);
    button("Compare again").click();
    expect(asked).toHaveLength(2);
  });
});

describe("the invite", () => {
  const link = (): string => byId<HTMLInputElement>("invite-link").value;
  const words = (): string => document.querySelector(".panel .said")?.textContent ?? "";
  const hint = (): string => document.querySelector(".panel .hint")?.textContent ?? "";
  const options = { uses: 5, ttl: 3_600 };
  const form = (): HTMLElement =>
    byId("make-invite").closest<HTMLElement>("details") as HTMLElement;

  it("is a link, with the words that go with it", () => {
    const view = show(host());
    expect(link()).toBe("https://meet.example/app/?room=R");
    expect(hint()).toBe("Anyone with this link can join.");
    for (const someone of [inviting, invitee]) {
      view.update(someone());
      expect(hint()).toMatch(/^This link carries an invite/);
      expect(link()).toBe(`https://meet.example/app/#${INVITE}`);
    }
    view.update(invitee({ locked: true }));
    expect(hint()).toMatch(/^The room is locked/);
  });

  it("is marked when its field is entered", () => {
    show(host());
    byId<HTMLInputElement>("invite-link").focus();
    const { selectionStart, selectionEnd } = byId<HTMLInputElement>("invite-link");
    expect([selectionStart, selectionEnd]).toEqual([0, link().length]);
  });

  it("can be made anew by the host of a room by invitation, and by nobody else", () => {
    const view = show(inviting());
    expect(isShown(form())).toBe(true);
    view.update(host());
    expect(isShown(form())).toBe(false);
    view.update(invitee());
    expect(isShown(form())).toBe(false);
  });

  it("lets in 5 people for a day, or what the host chooses", () => {
    show(inviting());
    byId("make-invite").click();
    const choose = (id: string, value: string): void => {
      (document.querySelector(`#${id}`) as HTMLSelectElement).value = value;
    };
    choose("invite-uses", "25");
    choose("invite-ttl", "3600");
    byId("make-invite").click();
    expect(invited.calls).toEqual([[{ uses: 5, ttl: 86_400 }], [{ uses: 25, ttl: 3_600 }]]);
  });

  it("cannot be asked for twice, and says when it is there", () => {
    const first = inviting();
    const view = show(first);
    const asking = changeRoom(first.room, { type: "invite-submitted", options });
    view.update({ ...first, room: asking });
    expect(byId<HTMLButtonElement>("make-invite").disabled).toBe(true);
    expect(words()).toBe("");
    const page = "https://meet.example/";
    const invite = hostInvite({ code: INVITE_2 });
    const made = changeRoom(asking, { type: "invite-made", invite, page, at: 1 });
    view.update({ ...first, room: made });
    expect(byId<HTMLButtonElement>("make-invite").disabled).toBe(false);
    expect(words()).toBe("There is a new link: copy it.");
    expect(link()).toBe(`https://meet.example/#${INVITE_2}`);
  });

  it("can be asked for again after a refusal, and nothing is said of a new link", () => {
    const first = inviting();
    const view = show(first);
    const asking = changeRoom(first.room, { type: "invite-submitted", options });
    view.update({ ...first, room: asking });
    const failed = { type: "host-call-failed", call: "invite", code: "not_host" } as const;
    view.update({ ...first, room: changeRoom(asking, failed), problem: "not_host" });
    expect(byId<HTMLButtonElement>("make-invite").disabled).toBe(false);
    expect(words()).toBe("");
  });

  it("says that the link was copied, and forgets it with the next link", async () => {
    Object.defineProperty(navigator, "clipboard", {
      configurable: true,
      value: { writeText: async () => {} },
    });
    const view = show(host());
    byId("copy").click();
    await drawn();
    expect(words()).toBe("Copied. Now send it.");
    view.update(change(host(), { link: `https://meet.example/#${INVITE_2}` }));
    expect(words()).toBe("There is a new link: copy it.");
    Reflect.deleteProperty(navigator, "clipboard");
  });

  it("can be shared only where the browser can", () => {
    show(host());
    expect(isShown(byId("share"))).toBe(typeof navigator.share === "function");
  });
});
