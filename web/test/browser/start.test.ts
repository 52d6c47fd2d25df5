import { beforeEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import type { Form, NewRoom } from "../../src/app/form.js";
import { START, type Start, type State } from "../../src/app/state.js";
import { h, type View } from "../../src/base/dom.js";
import type { WithPath } from "../../src/base/picked.js";
import { joiningView } from "../../src/views/joining.js";
import { problemView } from "../../src/views/problem.js";
import { roomView } from "../../src/views/room.js";
import { screenView } from "../../src/views/screen.js";
import { startView } from "../../src/views/start.js";
import { todayView } from "../../src/views/today.js";
import { CODE, inRoom, joining, SEAT } from "../app/examples.js";
import { few, example as statistics } from "../stats/example.js";
import { NO_BUTTONS } from "./call.js";
import { NO_ACTIONS } from "./files.js";
import { allById, button, byId, drawn, isShown, mount, press, recorder } from "./mount.js";

const entered = recorder<[Form]>();
const created = recorder<[Form, NewRoom]>();
const sent = recorder<[Form, NewRoom, readonly WithPath[]]>();
const ACTIONS = { enter: entered.call, create: created.call, sendFiles: sent.call };

const start = (form: Partial<Form> = {}, problem: string | null = null): Start => ({
  ...START,
  form: { ...START.form, ...form },
  problem,
});
const show = (state: Start): View<Start> => mount(startView(ACTIONS, h("p", {}, "today")), state);
const field = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);

beforeEach(() => {
  entered.calls.length = 0;
  created.calls.length = 0;
});

describe("the start screen", () => {
  it("offers first to send files, for which nobody needs a name", () => {
    show(start({ room: "", name: "" }));
    const input = byId<HTMLInputElement>("file-input");
    const data = new DataTransfer();
    data.items.add(new File(["x"], "a.txt"));
    input.files = data.files;
    input.dispatchEvent(new Event("change"));
    const [[form, options, files] = []] = sent.calls;
    expect(form).toEqual({ room: "", name: "" });
    expect(options).toEqual({ capacity: 8, inviteOnly: true });
    expect(files?.map(({ path }) => path)).toEqual(["a.txt"]);
    expect(document.querySelector(".primary")?.textContent).toBe("Send files");
  });

  it("puts a new room first, and joining first for who came by a link", () => {
    const order = (): boolean[] =>
      [...document.querySelectorAll(".primary")].map((one) => one === byId("join"));
    const view = show(start());
    expect(order()).toEqual([false]);
    expect(byId("new-room").compareDocumentPosition(byId("join"))).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
    view.update(start({ room: "R" }));
    expect(order()).toEqual([true]);
    expect(byId("new-room").compareDocumentPosition(byId("join"))).toBe(
      Node.DOCUMENT_POSITION_PRECEDING,
    );
    view.update(start({ room: "R" }, "room_not_found"));
    expect(order()).toEqual([false]);
  });

  it("shows what is passed in for today below what the page is for", () => {
    show(start());
    expect(document.querySelector(".hero")?.lastElementChild?.textContent).toBe("today");
  });

  it("fills the fields from a new state, and leaves alone what the user types meanwhile", () => {
    const first = start({ room: "R", name: "Ada" });
    const view = show(first);
    expect([field("room-input").value, field("name-input").value]).toEqual(["R", "Ada"]);
    field("name-input").value = "Ada L";
    view.update(first);
    expect(field("name-input").value).toBe("Ada L");
    view.update(start({ room: "S", name: "Ada" }));
    expect([field("room-input").value, field("name-input").value]).toEqual(["S", "Ada"]);
  });

  it.each([
    [null, {}, "name-input"],
    [null, { name: "Ada" }, "send-files"],
    [null, { name: "Ada", room: "R" }, "join"],
    [null, { room: "R" }, "name-input"],
    ["invalid_name", { room: "R", name: "Ada" }, "name-input"],
    ["invalid_room", { room: "a b", name: "Ada" }, "room-input"],
    ["link_cut", { room: "~cut", name: "Ada" }, "room-input"],
    ["room_missing", { name: "Ada" }, "room-input"],
    ["room_full", { room: "R", name: "Ada" }, "join"],
  ])("after the problem %s with %j puts the focus on %s", (problem, form, id) => {
    show(start(form, problem));
    expect(document.activeElement).toBe(byId(id));
  });

  it("marks the field that a problem is about", () => {
    const invalid = (): (string | null)[] =>
      ["name-input", "room-input"].map((id) => byId(id).getAttribute("aria-invalid"));
    const view = show(start({}, "invalid_name"));
    expect(invalid()).toEqual(["true", null]);
    view.update(start({}, "invalid_room"));
    expect(invalid()).toEqual([null, "true"]);
    view.update(start());
    expect(invalid()).toEqual([null, null]);
  });

  it("has a label for each field", () => {
    show(start());
    for (const input of document.querySelectorAll("input"))
      expect(input.labels?.[0]?.textContent || input.ariaLabel, input.id).toBeTruthy();
  });
});

describe("joining from the form", () => {
  it("takes the name without the blanks around it, and the room", () => {
    show(start());
    field("name-input").value = " Ada ";
    field("room-input").value = " tea ";
    byId("join").click();
    expect(entered.calls).toEqual([[{ room: "tea", name: "Ada" }]]);
  });

  it.each([
    ["a link to a created room", `https://meet.example/#${CODE}`],
    ["a code", CODE],
    ["a link with a name in it", `https://meet.example/?name=Eve#${CODE}`],
  ])(
    "takes the code from %s, pasted with blanks around it, and the name from the field",
    (_, text) => {
      show(start());
      field("name-input").value = "Ada";
      field("room-input").value = `  ${text} `;
      byId("join").click();
      expect(entered.calls).toEqual([[{ room: CODE, name: "Ada" }]]);
    },
  );

  it("takes a link that is pasted with line breaks around it, as a browser pastes it", () => {
    show(start({ name: "Ada" }));
    field("room-input").focus();
    document.execCommand("insertText", false, `\n\nhttps://meet.example/#${CODE}\n`);
    byId("join").click();
    expect(entered.calls).toEqual([[{ room: CODE, name: "Ada" }]]);
  });

  it("follows Enter in the room field, though another button stands first", () => {
    show(start({ name: "Ada" }));
    field("room-input").value = "R";
    expect(press(field("room-input"), "Enter").defaultPrevented).toBe(true);
    press(field("room-input"), "Enter", { isComposing: true });
    press(field("room-input"), "a");
    expect(entered.calls).toHaveLength(1);
    expect(created.calls).toEqual([]);
  });

  it("follows the button of a problem that can go away", () => {
    show(start({ room: "R", name: "Ada" }, "room_full"));
    byId("retry").click();
    expect(entered.calls).toEqual([[{ room: "R", name: "Ada" }]]);
  });
});

describe("a new room from the form", () => {
  it.each([
    ["", 8],
    ["2", 2],
    ["1", 2],
    ["99", 32],
    ["3.6", 4],
    ["-5", 2],
  ])("with %j places has %d", (typed, capacity) => {
    show(start({ name: "Ada" }));
    field("capacity").value = typed;
    byId("new-room").click();
    expect(created.calls[0]?.[1]).toEqual({ capacity, inviteOnly: true });
  });

  it("is open if the user says so", () => {
    show(start({ name: "Ada" }));
    field("invite-only").checked = false;
    byId("new-room").click();
    expect(created.calls).toEqual([
      [
        { room: "", name: "Ada" },
        { capacity: 8, inviteOnly: false },
      ],
    ]);
  });
});

describe("a problem", () => {
  it.each([
    ["room_full", "Try again"],
    ["replaced", "Come back here"],
  ])("%s has the button %s", (code, label) => {
    mount(problemView({ retry: () => {} }), code);
    expect(byId("retry").textContent).toBe(label);
  });

  it("that nothing helps against has no button", () => {
    mount(problemView({ retry: () => {} }), "kicked");
    expect(allById("retry")).toEqual([]);
    expect(document.querySelectorAll("button")).toHaveLength(0);
  });

  it("is not announced again while it stays the same", () => {
    const view = mount(problemView({}), "kicked");
    const box = byId("error");
    view.update("kicked");
    expect(byId("error")).toBe(box);
    view.update(null);
    expect(view.element.childElementCount).toBe(0);
  });
});

describe("the joining screen", () => {
  const retried = recorder<[]>();
  const cancelled = recorder<[]>();
  const showJoining = (state: State): void => {
    const view = joiningView({ retry: retried.call, cancel: cancelled.call });
    if (state.phase === "start" || state.phase === "room") throw new Error("not on this screen");
    mount(view, state);
  };
  const title = (): string => document.querySelector("h1")?.textContent ?? "";

  it("says what happens", () => {
    showJoining(joining());
    expect(title()).toBe("Joining R…");
    showJoining(joining({ form: { room: CODE, name: "Ada" } }));
    expect(title()).toBe("Joining the room…");
    showJoining({ phase: "creating", form: START.form, problem: null, proving: false });
    expect(title()).toBe("Making a room…");
    showJoining(joining({ proving: true }));
    expect(title()).toBe("Checking that you are not a robot…");
  });

  it("says why it waits, and lets the user try again or go back", () => {
    showJoining({
      phase: "waiting",
      form: joining().form,
      seat: SEAT,
      problem: "busy",
      retries: 1,
    });
    expect(title()).toBe("Joining R…");
    expect(byId("error").dataset.code).toBe("busy");
    byId("retry").click();
    byId("cancel").click();
    expect([retried.calls.length, cancelled.calls.length]).toEqual([1, 1]);
  });
});

describe("the screens", () => {
  const nothing = (): void => {};
  const roomActions = {
    say: nothing,
    kick: nothing,
    lock: nothing,
    invite: nothing,
    leave: nothing,
    dismiss: nothing,
    askWords: async () => null,
    followFiles: () => NO_ACTIONS,
    followCall: () => NO_BUTTONS,
  };

  function screens(typing: boolean): { show: (state: State) => void; made: string[] } {
    const made: string[] = [];
    const note = <V>(name: string, view: V): V => {
      made.push(name);
      return view;
    };
    const place = h("div", {});
    document.body.replaceChildren(place);
    const all = {
      start: () => note("start", startView(ACTIONS, h("p", {}))),
      joining: () => note("joining", joiningView({ retry: nothing, cancel: nothing })),
      room: () => note("room", roomView(roomActions)),
    };
    return { show: screenView(place, all, () => typing), made };
  }

  it("are made once for each visit, and updated while they stay", () => {
    const { show: draw, made } = screens(true);
    draw(start());
    draw(start({}, "invalid_name"));
    draw({ phase: "creating", form: START.form, problem: null, proving: false });
    draw(joining());
    draw({ phase: "waiting", form: START.form, seat: SEAT, problem: "busy", retries: 1 });
    draw(inRoom());
    draw(inRoom({ locked: true }));
    draw(start());
    expect(made).toEqual(["start", "joining", "room", "start"]);
  });

  it("put the focus where the user goes on: the title, or the field for messages", () => {
    const { show: draw } = screens(true);
    draw(joining());
    expect(document.activeElement?.textContent).toBe("Joining R…");
    draw(inRoom());
    expect(document.activeElement).toBe(byId("chat-input"));
  });

  it("do not open the keyboard of a phone", () => {
    const { show: draw } = screens(false);
    draw(inRoom());
    expect(document.activeElement?.tagName).toBe("H1");
  });

  it("leave the focus alone while they stay", () => {
    const { show: draw } = screens(true);
    draw(inRoom());
    byId("leave").focus();
    draw(inRoom({ locked: true }));
    expect(document.activeElement).toBe(byId("leave"));
  });
});

describe("today's calls", () => {
  /** Answers each request by the next of `answers`. */
  function today(...answers: (object | null)[]): {
    view: ReturnType<typeof todayView>;
    asked: Request[];
  } {
    const asked: Request[] = [];
    const view = todayView(["https://h.example/api"], async (input, init) => {
      asked.push(new Request(input, init));
      const answer = answers.shift();
      if (!answer) throw new TypeError("Failed to fetch");
      return new Response(JSON.stringify(answer), { headers: { etag: '"a"' } });
    });
    document.body.replaceChildren(view.element);
    return { view, asked };
  }

  /** Until so many requests are answered, and what they say is drawn. */
  async function answered(asked: readonly Request[], count: number): Promise<void> {
    await expect.poll(() => asked.length).toBe(count);
    await drawn();
  }

  it("are shown on the start screen, and asked for only there", async () => {
    const { view, asked } = today(statistics(1), statistics(1));
    expect(isShown(byId("today"))).toBe(false);
    view.watch(true);
    view.watch(true);
    await answered(asked, 1);
    expect(byId("today").textContent).toMatch(/^1.234 calls today$/);
    expect(asked.map(({ url }) => url)).toEqual(["https://h.example/api/stats?days=1"]);
    view.watch(false);
    view.watch(true);
    await answered(asked, 2);
    expect(asked[1]?.headers.get("if-none-match")).toBe('"a"');
  });

  it("are hidden while they are unknown, and the link stays", async () => {
    const { view, asked } = today(few(1), null);
    view.watch(true);
    await answered(asked, 1);
    expect(isShown(byId("today"))).toBe(false);
    expect(isShown(byId("stats-link"))).toBe(true);
    view.watch(false);
    view.watch(true);
    await answered(asked, 2);
    expect(isShown(byId("today"))).toBe(false);
  });

  it("of an answer that comes after the start screen has gone are not shown", async () => {
    const whileItIsUnderWay = {
      toJSON() {
        view.watch(false);
        return statistics(1);
      },
    };
    const { view, asked } = today(whileItIsUnderWay);
    view.watch(true);
    await answered(asked, 1);
    expect(byId("today").textContent).toBe("");
  });
});

it("finds a button by its words", () => {
  show(start());
  expect(button("Join")).toBe(byId("join"));
});
