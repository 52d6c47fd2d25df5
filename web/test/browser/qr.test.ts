import jsQR from "jsqr";
import { expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import { qrView } from "../../src/views/qr.js";
import { inRoom } from "../app/examples.js";
import { byId, drawn, mount } from "./mount.js";

const SCALE = 4;

/** What a reader that we did not write sees in the picture. */
function read(): string | undefined {
  const svg = document.querySelector(".qr");
  const [left = 0, , side = 0] = (svg?.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const width = side * SCALE;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  const shape = svg?.querySelector("path")?.getAttribute("d") ?? "";
  for (const [, x, y] of shape.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let dy = 0; dy < SCALE; dy += 1) {
      for (let dx = 0; dx < SCALE; dx += 1) {
        const column = (Number(x) - left) * SCALE + dx;
        const row = (Number(y) - left) * SCALE + dy;
        pixels.set([0, 0, 0], (row * width + column) * 4);
      }
    }
  }
  return jsQR(pixels, width, width)?.data;
}

it("holds the link, once it is opened, and the newest one", async () => {
  const { room } = inRoom();
  const view = mount(qrView(), room);
  expect(document.querySelector(".qr path")?.getAttribute("d")).toBeNull();
  (byId("invite-qr") as HTMLDetailsElement).open = true;
  await drawn();
  expect(read()).toBe(room.link);
  view.update({ ...room, link: "https://another.example/#~abcdefghijklmnopqrstuv" });
  expect(read()).toBe("https://another.example/#~abcdefghijklmnopqrstuv");
});
