import { beforeEach, expect, it } from "vitest";
import { type Bell, createNotices, type Words } from "../../src/edge/notices.js";
import type { News, Switch } from "../../src/notices/model.js";

const NEWS: News = { type: "text", who: "Ben" };
const turn = () => new Promise((resolve) => setTimeout(resolve));

let kept: Map<string, string>;
let shown: Switch[];
let rung: [Words, string][];

beforeEach(() => {
  kept = new Map();
  shown = [];
  rung = [];
});

const bell = (change: Partial<Bell> = {}): Bell => ({
  isAllowed: false,
  isHidden: true,
  ask: async () => true,
  ring: (words, tag) => void rung.push([words, tag]),
  ...change,
});
const notices = (change?: Partial<Bell>) =>
  createNotices(
    bell(change),
    () => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    }),
    ({ type, who }) => ({ title: type, body: who }),
    (now) => void shown.push(now),
  );
const states = () => shown.map(({ state }) => state);

it("asks when it is pressed, and not before", async () => {
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return true;
  };
  const made = notices({ ask });
  made.tell(NEWS);
  expect([asked, rung]).toEqual([0, []]);
  made.press();
  await turn();
  expect([asked, states()]).toEqual([1, ["off", "asking", "on"]]);
  made.tell(NEWS);
  expect(rung).toEqual([[{ title: "text", body: "Ben" }, "text Ben"]]);
  made.press();
  made.tell(NEWS);
  expect([rung.length, states().at(-1)]).toEqual([1, "off"]);
});

it("says nothing to who looks at the page", async () => {
  const made = notices({ isHidden: false });
  made.press();
  await turn();
  made.tell(NEWS);
  expect(rung).toEqual([]);
});

it.each([
  ["denied", async () => false, "media_denied"],
  ["failed", () => Promise.reject(new TypeError("x")), "unsupported"],
])("is off when it is %s, and says why", async (_, ask, problem) => {
  const made = notices({ ask });
  made.press();
  await turn();
  expect(shown.at(-1)).toEqual({ state: "off", problem });
});

it("is on in the next visit, as long as the browser allows it", async () => {
  notices().press();
  await turn();
  notices({ isAllowed: true });
  expect(states().at(-1)).toBe("on");
  notices({ isAllowed: false });
  expect(states().at(-1)).toBe("off");
});

it("is off where a page may ring no bell", async () => {
  const made = notices({
    ring() {
      throw new TypeError("Illegal constructor");
    },
  });
  made.press();
  await turn();
  made.tell(NEWS);
  expect(shown.at(-1)).toEqual({ state: "off", problem: "unsupported" });
});
