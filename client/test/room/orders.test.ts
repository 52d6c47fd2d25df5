import { expect, test } from "vitest";
import { CarriedOrders } from "../../src/room/orders.js";

test("a stamp gets what another one has told, and not its own word", () => {
  const orders = new CarriedOrders();
  expect(orders.next(0)).toBeUndefined();
  orders.heard(0, "of 0");
  expect([orders.next(0), orders.next(1)]).toEqual([undefined, "of 0"]);
});

test("the newest word of a stamp counts, and it is told again each time", () => {
  const orders = new CarriedOrders();
  orders.heard(0, "old");
  orders.heard(0, "new");
  expect([orders.next(1), orders.next(1)]).toEqual(["new", "new"]);
});

test("of three stamps, each gets the words of the others in turn", () => {
  const orders = new CarriedOrders();
  for (const stamp of [2, 0, 1]) orders.heard(stamp, `of ${stamp}`);
  expect([1, 2, 3].map(() => orders.next(1))).toEqual(["of 0", "of 2", "of 0"]);
  expect(orders.next(0)).toBe("of 1");
});

test("whether a stamp has told since a time is known", () => {
  const orders = new CarriedOrders();
  orders.heard(0, "of 0", 100);
  expect([orders.hasTold(0, 100), orders.hasTold(0, 101), orders.hasTold(1, 0)]).toEqual([
    true,
    false,
    false,
  ]);
});
