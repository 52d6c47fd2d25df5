/** Loads what makes the safety words when somebody asks for them: few do, and never before a call. */
import { lazily } from "../timing/lazily.js";
import type { Safety, SafetyPorts } from "./safety.js";

export class SafetyDoor {
  readonly #load: () => Promise<Safety>;
  #safety: Safety | null = null;

  constructor(ports: SafetyPorts) {
    this.#load = lazily(async () => {
      const loaded = await import("./safety.js");
      this.#safety = new loaded.Safety(ports);
      return this.#safety;
    });
  }

  async ask(): Promise<readonly string[]> {
    return (await this.#load()).ask();
  }

  received(body: unknown): void {
    this.#load().then(
      (safety) => safety.received(body),
      () => {}, // whoever asks gets no answer, and can ask again
    );
  }

  check(): void {
    this.#safety?.check();
  }
}
