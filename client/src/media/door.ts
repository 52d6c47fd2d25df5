/** Loads what sends microphone, camera and screen when it is needed: many rooms never need it. */
import { HeliographError } from "../errors.js";
import type { Media, MediaSource, SentMedia } from "../types.js";

export class MediaDoor implements Media {
  readonly sending = new Map<MediaSource, SentMedia>();

  async start(): Promise<never> {
    throw new HeliographError("not_loaded", "Media cannot be sent: try again.");
  }

  stop(): void {}

  mute(): void {}

  async use(): Promise<never> {
    return this.start();
  }

  async devices(): Promise<MediaDeviceInfo[]> {
    return navigator.mediaDevices.enumerateDevices();
  }
}
