/** The table at the head of exchange.ts: two sides in memory, and what somebody in between can try. */
import { describe, expect, test } from "vitest";
import { advance, type Exchange, type ExchangeEvent, IDLE } from "../../src/safety/exchange.js";
import type { SafetyMessage } from "../../src/safety/messages.js";

/** Stands for SHA-256. */
const hashOf = (nonce: string) => `hash of ${nonce}`;

class Side {
  state: Exchange = IDLE;
  readonly said: SafetyMessage[] = [];
  readonly own: { nonce: string; hash: string };

  constructor(
    nonce: string,
    readonly commits: boolean,
  ) {
    this.own = { nonce, hash: hashOf(nonce) };
  }

  take(message: SafetyMessage | { step: "wanted" }): SafetyMessage | undefined {
    const event: ExchangeEvent =
      message.step === "reveal" ? { ...message, hash: hashOf(message.nonce) } : message;
    const [next, answer] = advance(this.state, event, this.own, this.commits);
    this.state = next;
    if (answer) this.said.push(answer);
    return answer;
  }
}

const WANTED = { step: "wanted" } as const;

/** Both sides talk until nobody says anything more. `lose`: this message does not arrive. */
function talk(one: Side, other: Side, first?: SafetyMessage, lose = (_: SafetyMessage) => false) {
  let [message, to, from] = [first, other, one];
  while (message && !lose(message)) {
    message = to.take(message);
    [to, from] = [from, to];
  }
}

const sides = () => [new Side("C", true), new Side("R", false)] as const;
const theirs = ({ state }: Side) => (state.phase === "agreed" ? state.theirs : null);

test("whoever asks, the greater peer id commits, and both have both nonces", () => {
  for (const asks of [0, 1] as const) {
    const pair = sides();
    const [committing, answering] = pair;
    const asking = pair[asks];
    talk(asking, asking === committing ? answering : committing, asking.take(WANTED));
    expect([theirs(committing), theirs(answering)]).toEqual(["R", "C"]);
    expect(committing.said.map(({ step }) => step)).toEqual(["commit", "reveal"]);
    expect(answering.said.at(-1)).toEqual({ step: "nonce", nonce: "R" });
  }
});

test("both may ask at once", () => {
  const [committing, answering] = sides();
  const commit = committing.take(WANTED);
  const ask = answering.take(WANTED);
  talk(answering, committing, ask); // says the same commit again, which is answered
  talk(committing, answering, commit);
  expect([theirs(committing), theirs(answering)]).toEqual(["R", "C"]);
});

test.each(["ask", "commit", "nonce", "reveal"] as const)(
  "a lost %s leaves both without words, and asking again mends what can be mended",
  (lost) => {
    const [committing, answering] = sides();
    talk(answering, committing, answering.take(WANTED), ({ step }) => step === lost);
    expect(theirs(answering)).toBeNull();
    talk(answering, committing, answering.take(WANTED));
    // What was revealed once is not committed to again: that takes a new connection.
    expect(theirs(answering)).toBe(lost === "reveal" ? null : "C");
  },
);

describe("somebody in between", () => {
  test("who reveals something else breaks it for good", () => {
    const [committing, answering] = sides();
    const commit = committing.take(WANTED) as SafetyMessage;
    answering.take(commit);
    answering.take({ step: "reveal", nonce: "chosen with R in sight" });
    expect(answering.state.phase).toBe("broken");
    for (const step of [commit, { step: "reveal", nonce: "C" } as const, WANTED])
      answering.take(step);
    expect(answering.state.phase).toBe("broken");
  });

  test("who commits again after the nonce is known is not heard", () => {
    const [, answering] = sides();
    answering.take({ step: "commit", hash: hashOf("first") });
    expect(answering.take({ step: "commit", hash: hashOf("second") })).toBeUndefined();
    answering.take({ step: "reveal", nonce: "second" });
    expect(answering.state.phase).toBe("broken");
  });

  test("who reveals before committing gets nothing", () => {
    const [, answering] = sides();
    answering.take(WANTED);
    expect(answering.take({ step: "reveal", nonce: "early" })).toBeUndefined();
    expect(answering.state.phase).toBe("asked");
  });

  test("who answers before it was committed to, or twice, changes nothing", () => {
    const [committing] = sides();
    expect(committing.take({ step: "nonce", nonce: "early" })).toBeUndefined();
    committing.take(WANTED);
    committing.take({ step: "nonce", nonce: "first" });
    expect(committing.take({ step: "nonce", nonce: "second" })).toBeUndefined();
    expect(theirs(committing)).toBe("first");
  });

  test("who plays the other part is not heard", () => {
    const [committing, answering] = sides();
    expect(committing.take({ step: "commit", hash: hashOf("x") })).toBeUndefined();
    expect(committing.take({ step: "reveal", nonce: "x" })).toBeUndefined();
    expect(answering.take({ step: "ask" })).toBeUndefined();
    expect(answering.take({ step: "nonce", nonce: "x" })).toBeUndefined();
    expect([committing.state, answering.state]).toEqual([IDLE, IDLE]);
  });

  test("no nonce is said before the other side is bound", () => {
    const [committing, answering] = sides();
    expect(JSON.stringify(committing.take(WANTED))).not.toContain('"C"');
    expect(JSON.stringify(answering.take(WANTED))).not.toContain('"R"');
  });
});
