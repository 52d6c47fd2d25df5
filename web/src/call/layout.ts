/** How tiles share a place. Pure. */

/** Lengths in CSS pixels. */
export interface Place {
  readonly width: number;
  readonly height: number;
}

/** From upright as a phone's camera to wide as a screen. */
const NARROWEST = 3 / 4;
const WIDEST = 16 / 9;

/** The size of `count` equal tiles that fill the place best, with `gap` between them. */
export function tileSize(count: number, { width, height }: Place, gap: number): Place {
  let best: Place = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const tile = shaped(
      (width - gap * (columns - 1)) / columns,
      (height - gap * (rows - 1)) / rows,
    );
    if (tile.width * tile.height > best.width * best.height) best = tile;
  }
  return best;
}

/** As much of the cell as a tile may take. Whole pixels, so that rounding breaks no row. */
function shaped(width: number, height: number): Place {
  return {
    width: Math.max(0, Math.floor(Math.min(width, height * WIDEST))),
    height: Math.max(0, Math.floor(Math.min(height, width / NARROWEST))),
  };
}
