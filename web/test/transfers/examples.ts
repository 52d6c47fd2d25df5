import type { FileRow, Picked } from "../../src/transfers/model.js";

export const row = (change: Partial<FileRow> = {}): FileRow => ({
  id: "1",
  direction: "down",
  peer: "b",
  who: "Ben",
  name: "a.jpg",
  path: "a.jpg",
  size: 1_000,
  bytes: 0,
  state: "offered",
  interrupted: false,
  relayed: false,
  relayBytes: null,
  bytesPerSecond: 0,
  secondsLeft: null,
  code: null,
  ...change,
});

export const picked = (...names: string[]): Picked[] =>
  names.map((path) => ({ file: new Blob([path]), path }));
