/** A running page in memory. */
import type { CreatedRoom, JoinOptions } from "@heliograph/client";
import type { State } from "../../src/app/state.js";
import { type App, createApp } from "../../src/edge/app.js";
import { readHost, readSeat } from "../../src/edge/storage.js";
import { CODE, INVITE } from "../app/examples.js";
import { MemoryRoom } from "./memory-sdk.js";
import { MemoryWorld, settled } from "./memory-world.js";

export const FORM = { room: "R", name: "Ada" };

/** The nth secret that a `MemoryWorld` makes. */
export const secret = (n: number): string => `secret-${n}`.padEnd(22, "_");

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
  kept(code = "R"): object | undefined {
    return readSeat(this.world.tabStorage, code);
  }

  /** What makes another tab of this browser a host of the room. */
  keptHost(code: string): object | undefined {
    return readHost(this.world.siteStorage, code, this.world.now());
  }

  /** What the last join was asked with, without what the page does not choose. */
  get asked(): Partial<JoinOptions> {
    const { signal: _, onProof: __, backends: ___, ...rest } = this.world.sdk.lastJoin.options;
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

export const CREATED: CreatedRoom = {
  room: CODE,
  hostToken: "h",
  invite: INVITE,
  expiresAt: 86_401_000,
  capacity: 4,
  inviteOnly: true,
};

/** A page that has just created room `CODE` and is in it as its host. */
export async function pageOfHost(
  world = new MemoryWorld(),
  created = CREATED,
): Promise<{ page: Page; room: MemoryRoom; world: MemoryWorld }> {
  const page = new Page(world);
  page.app.create({ room: "", name: "Ada" }, { capacity: 4, inviteOnly: created.inviteOnly });
  world.sdk.lastCreation.answer.resolve(created);
  await settled();
  const room = await page.admit(new MemoryRoom(CODE, "Ada", "host"));
  return { page, room, world };
}
