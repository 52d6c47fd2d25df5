/** A running page in memory. */
import type { JoinOptions } from "@heliograph/client";
import type { State } from "../../src/app/state.js";
import { type App, createApp } from "../../src/edge/app.js";
import { readSeat } from "../../src/edge/storage.js";
import { MemoryRoom } from "./memory-sdk.js";
import { MemoryWorld, settled } from "./memory-world.js";

export const FORM = { room: "R", name: "Ada", invite: "" };

export class Page {
  readonly app: App;
  /** Every state that was shown. */
  readonly shown: State[] = [];

  constructor(readonly world = new MemoryWorld()) {
    this.app = createApp(world, (state) => this.shown.push(state));
  }

  get state(): State {
    return this.app.state;
  }

  /** The seat that a reload of the tab finds. */
  kept(room = "R"): object {
    return readSeat(this.world.tabStorage, room);
  }

  /** What the last join was asked with, without what the page does not choose. */
  get asked(): Partial<JoinOptions> {
    const { signal: _, onProof: __, backend: ___, ...rest } = this.world.sdk.lastJoin.options;
    return rest;
  }

  /** Answers the join under way. */
  async admit(room: MemoryRoom): Promise<MemoryRoom> {
    this.world.sdk.lastJoin.answer.resolve(room);
    await settled();
    return room;
  }

  async refuse(error: unknown): Promise<void> {
    this.world.sdk.lastJoin.answer.reject(error);
    await settled();
  }
}

/** A page in room R. */
export async function pageInRoom(
  room = new MemoryRoom("R", "Ada"),
  world = new MemoryWorld(),
): Promise<{ page: Page; room: MemoryRoom; world: MemoryWorld }> {
  const page = new Page(world);
  page.app.enter(FORM);
  await page.admit(room);
  return { page, room, world };
}
