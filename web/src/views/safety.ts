/**
 * The words that two people compare, in the row of a person. Shown when they are asked for.
 *
 * | Shown | Opened | Words come | Words go | Refused | "Compare again" | Closed |
 * |---|---|---|---|---|---|---|
 * | nothing | asking, or words that are there | · | · | · | – | · |
 * | asking | – | words | · | problem | – | nothing |
 * | words | – | words | renewed | · | – | nothing |
 * | renewed, problem | – | · | · | · | as opened | nothing |
 */
import type { ErrorCode } from "@heliograph/client";
import type { Person } from "../app/events.js";
import { h, setAttribute } from "../base/dom.js";
import { nameIn } from "../words/notes.js";
import { words } from "../words/page.js";
import { noWords } from "../words/safety.js";

/** Resolves with null once the words are in the state of the person, else with why there are none. */
export type AskWords = (id: string) => Promise<ErrorCode | null>;

/** What is opened and closed, with the words in it. */
export interface SafetyPart {
  readonly element: HTMLElement;
  update(person: Person): void;
}

type Shown = "nothing" | "asking" | "words" | "renewed" | { readonly problem: ErrorCode };

export function safetyPart(ask: AskWords): SafetyPart {
  const summary = h("summary", { "data-testid": "compare-words" }, words.safety.compare);
  // It is there from the start, so that a screen reader says what comes into it.
  const panel = h("div", { role: "status" });
  const element = h("details", { class: "options safety" }, summary, panel);
  let person: Person | null = null;
  let shown: Shown = "nothing";

  function show(next: Shown): void {
    shown = next;
    panel.replaceChildren(...parts(next, person?.words ?? [], begin));
  }

  async function begin(): Promise<void> {
    if (!person) return;
    if (person.words) return show("words");
    show("asking");
    const problem = await ask(person.id);
    if (shown === "asking" && problem !== null) show({ problem });
  }

  element.addEventListener("toggle", () => {
    if (element.open) void begin();
    else show("nothing");
  });
  return {
    element,
    update(next) {
      const isNew = next.words !== person?.words;
      person = next;
      element.hidden = next.state !== "connected" && shown === "nothing";
      setAttribute(summary, "aria-label", words.safety.compareWith(nameIn(next.name)));
      if (!isNew) return;
      if (next.words && (shown === "asking" || shown === "words")) show("words");
      else if (!next.words && shown === "words") show("renewed");
    },
  };
}

function parts(shown: Shown, compared: readonly string[], begin: () => void): HTMLElement[] {
  if (shown === "nothing") return [];
  if (shown === "asking") return [hint(words.safety.asking)];
  if (shown === "words") {
    const line = { class: "safety-words", lang: "en", "data-testid": "safety-words" };
    return [h("p", line, compared.join(" ")), hint(words.safety.readAloud)];
  }
  const again = h("button", { type: "button", class: "button" }, words.safety.again);
  again.addEventListener("click", begin);
  return [hint(shown === "renewed" ? words.safety.renewed : noWords(shown.problem)), again];
}

const hint = (text: string): HTMLElement => h("p", { class: "hint" }, text);
