import { expect, it } from "vitest";
import type { AnyQuestion } from "../../src/stats/answer/any.js";
import type { Reply } from "../../src/stats/answer/request.js";
import { createStatsApp, type StatsApp } from "../../src/stats/edge/app.js";
import type { Range } from "../../src/stats/model/range.js";
import type { State } from "../../src/stats/model/state.js";
import { Answer } from "../edge/answer.js";
import { blockedStorage, MemoryStorage, settled } from "../edge/memory-world.js";
import { example, NOW, summaryOf } from "./example.js";

const BACKENDS = ["https://a.example/api", "https://b.example/api"];

interface Asked {
  readonly question: AnyQuestion;
  readonly answer: Answer<Reply>;
}

/** A statistics page in memory, whose requests a test answers. */
class Page {
  readonly asked: Asked[] = [];
  readonly shown: State[] = [];
  readonly pushed: Range[] = [];
  readonly app: StatsApp;
  time = NOW;
  /** Asks again, as the timer does. */
  poll = (): void => {};

  constructor(
    readonly open: () => Pick<Storage, "getItem" | "setItem"> = (
      (storage) => () =>
        storage
    )(new MemoryStorage()),
    range: Range = 7,
  ) {
    const world = {
      backends: BACKENDS,
      ask: (question: AnyQuestion): Promise<Reply> => {
        const answer = new Answer<Reply>();
        this.asked.push({ question, answer });
        return answer.promise;
      },
      storage: open,
      now: () => this.time,
      poll: (task: () => void) => {
        this.poll = task;
        task();
        return { now: task, stop: () => {} };
      },
      pushRange: (next: Range) => void this.pushed.push(next),
    };
    this.app = createStatsApp(world, range, (state) => this.shown.push(state));
  }

  get state(): State | undefined {
    return this.shown.at(-1);
  }

  get days(): number[] {
    return this.asked.map(({ question }) => question.days);
  }

  async reply(reply: Reply, which = this.asked.length - 1): Promise<void> {
    this.asked[which]?.answer.resolve(reply);
    await settled();
  }
}

const SAME: Reply = { type: "same", readAt: null };
const answer = (days = 7, etag = '"a"', readAt: number | null = null): Reply => ({
  type: "answer",
  summary: summaryOf(example(days)),
  etag,
  readAt,
  answer: example(days),
});

/** A page that has been answered once. */
async function answered(open?: () => MemoryStorage): Promise<Page> {
  const page = new Page(open);
  await settled();
  await page.reply(answer());
  return page;
}

it("asks at once, and shows the answer with the time it came", async () => {
  const page = await answered();
  expect(page.asked[0]?.question).toMatchObject({
    backends: BACKENDS,
    days: 7,
    etag: null,
  });
  expect(page.shown[0]).toMatchObject({ range: 7, summary: null, reply: "asking" });
  expect(page.state).toMatchObject({ reply: "here", at: NOW, summary: { days: 7 } });
});

it("asks again with the tag, and takes `same` for a new time", async () => {
  const page = await answered();
  page.time += 60_000;
  page.poll();
  await settled();
  expect(page.asked[1]?.question.etag).toBe('"a"');
  await page.reply(SAME);
  expect(page.state).toMatchObject({ reply: "here", at: NOW + 60_000 });
});

it("shows when the backend read the figures, which may be long ago", async () => {
  const page = new Page();
  await settled();
  const hour = 3_600_000;
  await page.reply(answer(7, '"a"', NOW - 5 * hour));
  expect(page.state).toMatchObject({ at: NOW - 5 * hour, now: NOW });
  page.time += 60_000;
  page.poll();
  await settled();
  await page.reply({ type: "same", readAt: NOW - 5 * hour });
  expect(page.state).toMatchObject({ at: NOW - 5 * hour, now: NOW + 60_000 });
});

it("takes no time that is still to come, from a backend whose clock is ahead", async () => {
  const page = new Page();
  await settled();
  await page.reply(answer(7, '"a"', NOW + 60_000));
  expect(page.state).toMatchObject({ at: NOW });
});

it("shows on the next visit what it kept, and how old that is", async () => {
  const storage = new MemoryStorage();
  const first = await answered(() => storage);
  first.time += 60_000;
  first.poll();
  await settled();
  await first.reply(SAME);
  const next = new Page(() => storage);
  expect(next.shown[0]).toMatchObject({ reply: "asking", at: NOW + 60_000, summary: { days: 7 } });
  await settled();
  expect(next.asked[0]?.question.etag).toBe('"a"');
});

it("does not show what an older page kept in another form", async () => {
  const storage = new MemoryStorage();
  storage.setItem(
    "heliograph.stats.7",
    JSON.stringify({ at: 1, etag: '"x"', answer: { days: 7 } }),
  );
  const page = new Page(() => storage);
  await settled();
  expect(page.shown[0]).toMatchObject({ summary: null });
  expect(page.asked[0]?.question.etag).toBeNull();
});

it("keeps the last answer through an outage", async () => {
  const page = await answered();
  page.poll();
  await settled();
  await page.reply({ type: "away" });
  expect(page.state).toMatchObject({ reply: "away", at: NOW, summary: { days: 7 } });
});

it("puts a chosen range into the address, and asks for it", async () => {
  const page = await answered();
  page.app.choose(90);
  await settled();
  expect(page.pushed).toEqual([90]);
  expect(page.days).toEqual([7, 90]);
  expect(page.state).toMatchObject({ range: 90, summary: null });
});

it("makes no new entry in the history for the same range, or for going back", async () => {
  const page = await answered();
  page.app.choose(7);
  page.app.goTo(30);
  await settled();
  expect(page.pushed).toEqual([]);
  expect(page.state?.range).toBe(30);
});

it("drops the answer to a range that nobody looks at any more", async () => {
  const page = new Page();
  await settled();
  page.app.choose(30);
  await settled();
  expect(page.asked[0]?.question.signal?.aborted).toBe(true);
  await page.reply(answer(7), 0);
  expect(page.state).toMatchObject({ range: 30, summary: null });
  await page.reply(answer(30));
  expect(page.state).toMatchObject({ range: 30, summary: { days: 30 } });
});

it("drops the reply to a request that was asked again", async () => {
  const page = await answered();
  page.poll();
  await settled();
  page.poll();
  await settled();
  await page.reply({ type: "away" }, 1); // what an aborted request replies
  expect(page.state?.reply).toBe("here");
});

it("asks again at once when the user tries again", async () => {
  const page = new Page();
  await settled();
  await page.reply({ type: "away" });
  page.app.retry();
  expect(page.state?.reply).toBe("asking");
  await settled();
  expect(page.asked).toHaveLength(2);
});

it("works in a browser that blocks storage", async () => {
  const page = new Page(blockedStorage);
  await settled();
  await page.reply(answer());
  expect(page.state).toMatchObject({ reply: "here" });
});
