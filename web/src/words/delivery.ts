/** What the page says of a message of ours that has arrived, or has not. */
import { nameOf } from "./notes.js";

export const DELIVERED = "Delivered";

const LIST = new Intl.ListFormat("en");

/** `missed`: the names of those who will not get it. `all`: nobody has it. */
export const undelivered = (missed: readonly string[], all: boolean): string =>
  all ? "not delivered" : `not delivered to ${LIST.format(missed.map(nameOf))}`;
