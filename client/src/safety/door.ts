/** Loads what makes the safety words when somebody asks for them: few do, and never before a call. */
import { Lazy } from "../timing/lazy.js";
import type { Safety, SafetyPorts } from "./safety.js";

export class SafetyDoor {
  readonly #safety: Lazy<Safety>;

  constructor(ports: SafetyPorts) {
    this.#safety = new Lazy(async () => {
      const safety = await import("./safety.js");
      return new safety.Safety(ports);
    });
  }

  async ask(): Promise<readonly string[]> {
    return (await this.#safety.get()).ask();
  }

  /** If it cannot be loaded, whoever asks gets no answer, and can ask again. */
  received(body: unknown): void {
    this.#safety.use((safety) => safety.received(body));
  }

  check(): void {
    this.#safety.value?.check();
  }
}
