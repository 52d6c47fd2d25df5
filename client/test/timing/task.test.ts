import { expect, test } from "vitest";
import { runInNextTask } from "../../src/timing/task.js";

test("a task runs after the code and the promises of now", async () => {
  const order: string[] = [];
  const done = new Promise<void>((resolve) => {
    runInNextTask(() => {
      order.push("task");
      resolve();
    });
  });
  Promise.resolve().then(() => order.push("promise"));
  order.push("now");
  await done;
  expect(order).toEqual(["now", "promise", "task"]);
});
