import { expect, it } from "vitest";
import { tileSize } from "../../src/call/layout.js";

const DESKTOP = { width: 832, height: 366 };
const PHONE = { width: 378, height: 380 };

it.each([
  [1, DESKTOP, { width: 650, height: 366 }],
  [2, DESKTOP, { width: 412, height: 366 }],
  [3, DESKTOP, { width: 272, height: 362 }],
  [7, DESKTOP, { width: 202, height: 179 }],
  [1, PHONE, { width: 378, height: 380 }],
  [2, PHONE, { width: 330, height: 186 }],
  [3, PHONE, { width: 185, height: 186 }],
  [7, PHONE, { width: 120, height: 121 }],
])("gives %i tiles in %j the size %j", (count, place, size) => {
  expect(tileSize(count, place, 8)).toEqual(size);
});

it.each([1, 2, 3, 4, 5, 7, 8, 15, 31])("has place for %i tiles, none of them too long", (count) => {
  for (const place of [DESKTOP, PHONE, { width: 300, height: 90 }, { width: 90, height: 300 }]) {
    const { width, height } = tileSize(count, place, 8);
    const columns = Math.floor((place.width + 8) / (width + 8));
    expect(Math.ceil(count / columns) * (height + 8) - 8).toBeLessThanOrEqual(place.height);
    expect(width / height).toBeLessThan(1.85);
    expect(width / height).toBeGreaterThan(0.7);
  }
});

it("gives nothing where there is nothing", () => {
  expect(tileSize(0, DESKTOP, 8)).toEqual({ width: 0, height: 0 });
  expect(tileSize(3, { width: 0, height: 0 }, 8)).toEqual({ width: 0, height: 0 });
});
