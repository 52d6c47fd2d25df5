/** When the stamps are asked about members without a connection: the table at the head of recheck.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Recheck } from "../../src/room/recheck.js";

/** Seconds since the start. */
let asked: number[];
/** Does each stamp answer? */
let answers: (question: number) => boolean | Promise<boolean>;
let random: number;
let recheck: Recheck;
let start: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  [start, asked, answers, random] = [performance.now(), [], () => true, 0];
  const ask = async () => {
    asked.push(Math.round(performance.now() - start) / 1_000);
    return answers(asked.length);
  };
  recheck = new Recheck(ask, () => random);
});
afterEach(() => void vi.useRealTimers());

/** No stamp answers until what this returns is called with the answer. */
function answersLater(): (isAnswered: boolean) => void {
  let answer = (_: boolean) => {};
  answers = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  return (isAnswered) => answer(isAnswered);
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

describe("a member without a connection", () => {
  test("is asked about after 30, 45 and 65 s, and then less and less often", async () => {
    recheck.update(["a"]);
    await pass(1_400);
    expect(asked).toEqual([30, 45, 65, 125, 245, 485, 785, 1_085, 1_385]);
  });

  test("has each pause up to a tenth longer", async () => {
    random = 1;
    recheck.update(["a"]);
    await pass(200);
    expect(asked).toEqual([33, 49.5, 71.5, 137.5]);
  });

  test("has a schedule of its own, however long others have been waiting", async () => {
    recheck.update(["a"]);
    await pass(210);
    recheck.update(["a", "b"]);
    await pass(130);
    expect(asked).toEqual([30, 45, 65, 125, 240, 245, 255, 275, 335]);
  });

  test("is not put off by news of others", async () => {
    recheck.update(["a"]);
    await pass(25);
    recheck.update(["a", "b"]);
    await pass(6);
    expect(asked).toEqual([30]);
  });

  test("has 30 s, however many come and go", async () => {
    for (let n = 0; n < 10; n += 1) {
      recheck.update([`member ${n}`]);
      await pass(20);
    }
    expect(asked).toEqual([]);
  });

  test("is asked about no more once it has one, and the next time it begins anew", async () => {
    recheck.update(["a"]);
    await pass(100);
    recheck.update([]);
    expect(vi.getTimerCount()).toBe(0);
    await pass(1_000);
    expect(asked).toEqual([30, 45, 65]);
    recheck.update(["a"]);
    await pass(50);
    expect(asked).toEqual([30, 45, 65, 1_130, 1_145]);
  });
});

describe("members who are due within 3 s", () => {
  test("are asked about in one call", async () => {
    recheck.update(["a"]);
    await pass(2);
    recheck.update(["a", "b"]);
    await pass(200);
    expect(asked).toEqual([30, 45, 65, 125]);
  });

  test("are asked about in two calls if it is more", async () => {
    recheck.update(["a"]);
    await pass(4);
    recheck.update(["a", "b"]);
    await pass(60);
    expect(asked).toEqual([30, 34, 45, 49]);
  });

  test("are not asked about earlier and earlier", async () => {
    recheck.update(["a"]);
    await pass(2);
    recheck.update(["a", "b"]); // b is due at 32 s, and asked about with a
    await pass(10.5);
    recheck.update(["a", "b", "c"]); // c is due at 42.5 s, b at 47 s and not 15 s after a
    await pass(18);
    recheck.update(["b", "c"]);
    await pass(20);
    expect(asked).toEqual([30, 42.5, 47]);
  });
});

describe("a stamp that does not answer", () => {
  test("makes all be asked again 5 s later, and the schedule goes on as it was", async () => {
    answers = (question) => question !== 1;
    recheck.update(["a"]);
    await pass(130);
    expect(asked).toEqual([30, 35, 45, 65, 125]);
  });

  test("makes them be asked four times more at most, until somebody is due again", async () => {
    answers = () => false;
    recheck.update(["a"]);
    await pass(150);
    const after30 = [30, 35, 40, 45, 50];
    expect(asked).toEqual([...after30, 65, 70, 75, 80, 85, 125, 130, 135, 140, 145]);
  });

  test("makes them be asked again up to a tenth later", async () => {
    answers = (question) => question !== 1;
    random = 1;
    recheck.update(["a"]);
    await pass(45);
    expect(asked).toEqual([33, 38.5]);
  });

  test("has four tries more again after it has answered once", async () => {
    answers = (question) => question === 4;
    recheck.update(["a"]);
    await pass(120);
    expect(asked).toEqual([30, 35, 40, 45, 65, 70, 75, 80, 85]);
  });

  test("is not asked again once all have a connection", async () => {
    answers = () => false;
    recheck.update(["a"]);
    await pass(31);
    recheck.update([]);
    recheck.update(["b"]);
    await pass(29);
    expect(asked).toEqual([30]);
  });
});

test("a stamp that does not answer in time makes nobody be asked about who has come since", async () => {
  const answer = answersLater();
  recheck.update(["a"]);
  await pass(31);
  recheck.update([]);
  answer(false);
  await pass(0);
  recheck.update(["b"]);
  await pass(29);
  expect(asked).toEqual([30]);
});

describe("after the end", () => {
  test("nobody asks", async () => {
    recheck.update(["a"]);
    recheck.close();
    await pass(1_000);
    expect([asked, vi.getTimerCount()]).toEqual([[], 0]);
  });

  test("nobody asks again, whatever the last answer was", async () => {
    const answer = answersLater();
    recheck.update(["a"]);
    await pass(31);
    recheck.close();
    answer(false);
    await pass(1_000);
    expect([asked, vi.getTimerCount()]).toEqual([[30], 0]);
  });
});
