/** A backend in this page, and the rooms that a test has joined there: anew for each test, left after it. */
import { afterEach, beforeEach } from "vitest";
import { type JoinOptions, join, type Room } from "../../src/index.js";
import { Backend, install } from "./backend.js";

export interface Stage {
  readonly backend: Backend;
  readonly rooms: Room[];
  /** Joins the one room that there is. */
  enter(name: string, options?: Pick<JoinOptions, "media" | "secret">): Promise<Room>;
  /** All rooms that are joined now. */
  leave(): Promise<void>;
}

/** For all tests of a file. */
export function stage(): Stage {
  let backend = new Backend();
  let rooms: Room[] = [];
  let uninstall: () => void = () => {};

  const leave = async (): Promise<void> => {
    await Promise.all(rooms.splice(0).map((room) => room.leave()));
  };
  beforeEach(() => {
    backend = new Backend();
    uninstall = install(backend);
    rooms = [];
  });
  afterEach(async () => {
    await leave();
    uninstall();
  });

  return {
    get backend() {
      return backend;
    },
    get rooms() {
      return rooms;
    },
    async enter(name, options = {}) {
      const room = await join({ backends: "/api", room: "r", name, ...options });
      rooms.push(room);
      return room;
    },
    leave,
  };
}
