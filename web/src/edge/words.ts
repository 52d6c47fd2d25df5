/** The words that two people compare: asked of the room of the SDK. */
import type { ErrorCode, Room } from "@heliograph/client";
import { codeOf } from "./sdk-values.js";

/** Null once the words are there (`peer-updated` brings them), else why there are none. */
export async function askWords(room: Room | null, id: string): Promise<ErrorCode | null> {
  try {
    const words = await room?.peers.get(id)?.safetyWords();
    return words ? null : "not_connected";
  } catch (error) {
    return codeOf(error);
  }
}
