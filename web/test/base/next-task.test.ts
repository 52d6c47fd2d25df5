import { expect, it } from "vitest";
import { nextTask } from "../../src/base/next-task.js";

it("comes after everything that promises still do in this task", async () => {
  const order: string[] = [];
  const later = nextTask().then(() => order.push("next task"));
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  order.push("20 turns of promises");
  await later;
  expect(order).toEqual(["20 turns of promises", "next task"]);
});
