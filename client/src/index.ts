import { HeliographError } from "./errors.js";
import type { CreatedRoom, CreateRoomOptions, JoinOptions, Room } from "./types.js";

export type { BackendCode, ClientCode, ErrorCode } from "./errors.js";
export { HeliographError } from "./errors.js";
export type * from "./types.js";

/** Creates a room with options and its host token. */
export async function createRoom(_options: CreateRoomOptions): Promise<CreatedRoom> {
  throw new HeliographError("unsupported", "Not written yet.");
}

/** Joins a room: resolves once admitted, while the peers are being connected. */
export async function join(_options: JoinOptions): Promise<Room> {
  throw new HeliographError("unsupported", "Not written yet.");
}
