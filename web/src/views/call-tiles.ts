import { h, type View } from "../base/dom.js";
import { tileSize } from "../call/layout.js";
import type { Call, Caller } from "../call/model.js";
import { type Picture, type Tile, type TilePorts, tileView } from "./call-tile.js";

export type TileActions = TilePorts;

const GAP_PX = 8; // as in styles/call.css

/** A tile for each person who sends something, or for each screen. They share the place. */
export function tilesView(picture: Picture, actions: TileActions): View<Call> {
  const tiles = new Map<string, Tile>();
  const element = h("div", { class: `tiles ${picture}-tiles` });
  const layOut = (): void => {
    const place = { width: element.clientWidth, height: element.clientHeight };
    const { width, height } = tileSize(tiles.size, place, GAP_PX);
    element.style.setProperty("--tile-width", `${width}px`);
    element.style.setProperty("--tile-height", `${height}px`);
  };
  new ResizeObserver(layOut).observe(element);

  return {
    element,
    update(call) {
      const shown = call.callers.filter((one) => picture === "person" || one.sources.screen);
      element.hidden = shown.length === 0;
      const isBesideScreen =
        picture === "person" && call.callers.some(({ sources }) => sources.screen);
      element.classList.toggle("in-row", call.isSmall || isBesideScreen);
      const before = tiles.size;
      removeAbsent(tiles, shown);
      for (const caller of shown) {
        const tile = tiles.get(caller.id) ?? tileView(picture, caller.id, actions);
        if (!tiles.has(caller.id)) element.append(tile.element);
        tiles.set(caller.id, tile);
        tile.update(caller, call);
      }
      if (tiles.size !== before) layOut();
    },
  };
}

function removeAbsent(tiles: Map<string, Tile>, present: readonly Caller[]): void {
  for (const [id, tile] of tiles) {
    if (present.some((caller) => caller.id === id)) continue;
    tile.end();
    tiles.delete(id);
  }
}
