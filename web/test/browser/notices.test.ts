import { expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import { OFF, ON } from "../../src/notices/model.js";
import { noticesView } from "../../src/views/notices.js";
import { noticeWords } from "../../src/words/notices.js";
import { byId, mount, recorder } from "./mount.js";

it("is a switch that says why it is not on", () => {
  const pressed = recorder<[]>();
  const view = mount(
    noticesView(() => pressed.call()),
    OFF,
  );
  const input = byId<HTMLInputElement>("notices");
  expect(input.labels?.[0]?.textContent).toBe("Notifications");
  input.click();
  expect(pressed.calls).toHaveLength(1);
  view.update({ state: "asking", problem: null });
  expect([input.checked, input.disabled]).toEqual([false, true]);
  view.update(ON);
  expect([input.checked, input.disabled]).toEqual([true, false]);
  view.update({ state: "off", problem: "media_denied" });
  expect(input.checked).toBe(false);
  expect(view.element.textContent).toContain("Notifications: not allowed.");
  view.update(ON);
  expect(view.element.textContent).toBe("Notifications");
});

it.each([
  ["text", "Ben", { title: "New messages", body: "Ben" }],
  ["file", "", { title: "Files", body: "Guest" }],
  ["joined", "\u202eBen", { title: "Heliograph", body: "Ben joined" }],
] as const)("says of %s by %j: %j", (type, who, said) => {
  expect(noticeWords(type, who)).toEqual(said);
});
