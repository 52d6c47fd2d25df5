import { describe, expect, it } from "vitest";
import type { RoomEvent } from "../../src/app/events.js";
import { changeRoom } from "../../src/app/room.js";
import {
  newsInFiles,
  newsInRoom,
  OFF,
  ON,
  type Switch,
  type SwitchEvent,
  stepSwitch,
} from "../../src/notices/model.js";
import { NO_FILES } from "../../src/transfers/model.js";
import { BEN, inRoom } from "../app/examples.js";
import { row } from "../transfers/examples.js";

const ASKING: Switch = { state: "asking", problem: null };
const DENIED: Switch = { state: "off", problem: "media_denied" };
const FAILED: Switch = { state: "off", problem: "unsupported" };

describe("the switch", () => {
  it.each<[Switch, SwitchEvent["type"], Switch]>([
    [OFF, "pressed", ASKING],
    [OFF, "allowed", OFF],
    [OFF, "denied", OFF],
    [OFF, "failed", FAILED],
    [ASKING, "pressed", ASKING],
    [ASKING, "allowed", ON],
    [ASKING, "denied", DENIED],
    [ASKING, "failed", FAILED],
    [ON, "pressed", OFF],
    [ON, "allowed", ON],
    [ON, "denied", ON],
    [ON, "failed", FAILED],
    [DENIED, "pressed", ASKING],
  ])("is %j, and after %s it is %j", (before, type, after) => {
    expect(stepSwitch(before, { type })).toEqual(after);
  });
});

describe("news", () => {
  const { room } = inRoom();
  const after = (...events: RoomEvent[]) => events.reduce(changeRoom, room);
  const heard: RoomEvent = {
    ...{ type: "text-received", from: "b", name: "Ben", text: "secret", via: "p2p", at: 1 },
  };

  it("is what others write, and who comes", () => {
    const came: RoomEvent = { type: "peer-seen", person: BEN, at: 1 };
    expect(newsInRoom(room, after(came, heard))).toEqual([
      { type: "joined", who: "Ben" },
      { type: "text", who: "Ben" },
    ]);
    expect(JSON.stringify(newsInRoom(room, after(heard)))).not.toContain("secret");
  });

  it("is nothing that we do, nothing that was there before, and nobody who leaves", () => {
    const ours: RoomEvent = { type: "text-entered", text: "hello", at: 1 };
    const locked: RoomEvent = { type: "lock-changed", locked: true, at: 1 };
    expect(newsInRoom(room, after(ours, locked))).toEqual([]);
    const before = after(heard);
    expect(newsInRoom(before, before)).toEqual([]);
    expect(newsInRoom(before, changeRoom(before, heard))).toHaveLength(1);
  });

  it("is a file that is offered, once for each person", () => {
    const offered = (id: string, peer: string) =>
      row({ id, peer, who: peer, direction: "down", state: "offered" });
    const rows = [offered("1", "b"), offered("2", "b"), offered("3", "c")];
    const files = { ...NO_FILES, rows };
    expect(newsInFiles(NO_FILES, files)).toEqual([
      { type: "file", who: "b" },
      { type: "file", who: "c" },
    ]);
    expect(newsInFiles(files, files)).toEqual([]);
    const ours = { ...NO_FILES, rows: [row({ direction: "up", state: "offered" })] };
    expect(newsInFiles(NO_FILES, ours)).toEqual([]);
  });
});
