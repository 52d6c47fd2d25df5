import { expect, it } from "vitest";
import {
  EMPTY_LOG,
  type Log,
  MAX_ENTRIES,
  type Message,
  withDelivery,
  withMessage,
  withNote,
} from "../../src/app/log.js";

const NOTE = { type: "joined", name: "Ben" } as const;

const message = (text: string): Omit<Message, "id" | "type"> => ({
  at: 1,
  text,
  from: "b",
  name: "Ben",
  mine: false,
  via: "p2p",
  delivery: "sent",
});

it("numbers messages and notes in one row", () => {
  const log = withNote(withMessage(EMPTY_LOG, message("hi")), NOTE, 2);
  expect(
    log.entries.map((one) => [one.id, one.type, one.type === "note" ? one.what : one.text]),
  ).toEqual([
    [0, "text", "hi"],
    [1, "note", NOTE],
  ]);
});

it("keeps the last 500 entries and never uses an id twice", () => {
  let log: Log = EMPTY_LOG;
  for (let at = 0; at < MAX_ENTRIES + 20; at += 1) log = withMessage(log, message(`${at}`));
  expect(MAX_ENTRIES).toBe(500);
  expect(log.entries).toHaveLength(MAX_ENTRIES);
  expect(log.entries[0]).toMatchObject({ id: 20, text: "20" });
  expect(log.nextEntry).toBe(MAX_ENTRIES + 20);
});

it("marks one message and leaves the others, and the notes, as they were", () => {
  const log = withNote(withMessage(withMessage(EMPTY_LOG, message("a")), message("b")), NOTE, 1);
  const marked = withDelivery(log, 1, { delivery: "failed" });
  expect(marked.entries[1]).toMatchObject({ text: "b", delivery: "failed" });
  expect(marked.entries[0]).toBe(log.entries[0]);
  expect(withDelivery(log, 2, { delivery: "failed" }).entries).toEqual(log.entries);
});

it("marks nothing for a message that is not kept any more", () => {
  const log = withMessage(EMPTY_LOG, message("a"));
  expect(withDelivery(log, 99, { delivery: "failed" })).toEqual(log);
});

it("keeps what else its owner holds", () => {
  expect(withNote({ ...EMPTY_LOG, capacity: 8 }, NOTE, 1)).toMatchObject({ capacity: 8 });
});
