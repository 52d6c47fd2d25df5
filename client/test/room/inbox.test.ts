import { describe, expect, test } from "vitest";
import { Inbox } from "../../src/room/inbox.js";
import type { Message } from "../../src/wire/protocol.js";

const PAGE = 1_795_000_000_000_000; // a page's first seq: its clock in µs
const KINDS: Message["kind"][] = [
  "offer",
  "answer",
  "candidates",
  "restart",
  "text",
  "data",
  "bye",
];
const REPEATABLE = ["offer", "answer", "candidates"];

describe.each(KINDS)("a message of kind %s", (kind) => {
  test("counts the first time", () => {
    expect(new Inbox().accepts("a", PAGE, kind)).toBe(true);
  });

  test(`${REPEATABLE.includes(kind) ? "counts" : "does not count"} when it is repeated`, () => {
    const inbox = new Inbox();
    inbox.accepts("a", PAGE, kind);
    expect(inbox.accepts("a", PAGE, kind)).toBe(REPEATABLE.includes(kind));
  });

  test("does not count if its sender had left when it came", () => {
    const inbox = new Inbox();
    inbox.accepts("a", PAGE, "text");
    inbox.departed("a");
    expect(inbox.accepts("a", PAGE + 1, kind)).toBe(false);
    expect(inbox.accepts("b", PAGE + 1, kind)).toBe(true);
  });

  test("counts if it is from its sender's next page", () => {
    const inbox = new Inbox();
    inbox.accepts("a", PAGE, "text");
    inbox.departed("a");
    expect(inbox.accepts("a", PAGE + 5_000_000, kind)).toBe(true);
  });

  test("counts again when its sender is back", () => {
    const inbox = new Inbox();
    inbox.accepts("a", PAGE, "text");
    inbox.departed("a");
    inbox.returned("a");
    expect(inbox.accepts("a", PAGE + 1, kind)).toBe(true);
  });
});

test("what came while its sender was away counts when it is sent again", () => {
  const inbox = new Inbox();
  inbox.accepts("a", PAGE, "text");
  inbox.departed("a");
  inbox.accepts("a", PAGE + 1, "text");
  inbox.returned("a");
  expect(inbox.accepts("a", PAGE + 1, "text")).toBe(true);
});
