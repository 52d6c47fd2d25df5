/** Fills columns and legend samples: a colour with a pattern, for readers who see no colours. */
import type { Look } from "../plot/plot.js";
import type { Theme } from "./theme.js";

/** True for a line, false for columns. */
export const isLine = (look: Look): boolean => look === "line" || look === "dashed";

/** The dash and the gap of a dashed line, in CSS pixels. */
export const DASH_PX = [5, 4];
const TILE_PX = 8; // CSS pixels
const SWATCH_PX = { width: 28, height: 16 } as const;

type Pattern = Exclude<Look, "sun" | "plain" | "line" | "dashed">;
const hasPattern = (look: Look): look is Pattern =>
  look !== "sun" && look !== "plain" && !isLine(look);

/** What to fill with: a plain colour, or a pattern where the browser can make one. */
export function fillOf(look: Look, theme: Theme): string | CanvasPattern {
  const tone = theme.tones[look];
  return hasPattern(look) ? (patternOf(look, tone, theme.surface) ?? tone) : tone;
}

function patternOf(look: Pattern, tone: string, paper: string): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE_PX * pixelRatio());
  const pen = tile.getContext("2d");
  if (!pen) return null;
  pen.scale(tile.width / TILE_PX, tile.width / TILE_PX);
  pen.fillStyle = tone;
  pen.fillRect(0, 0, TILE_PX, TILE_PX);
  pen.strokeStyle = pen.fillStyle = paper;
  pen.lineWidth = 1.5;
  pen.beginPath();
  MARKS[look](pen);
  const pattern = pen.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(TILE_PX / tile.width));
  return pattern;
}

const pixelRatio = (): number => Math.max(1, devicePixelRatio);

type Pen = CanvasRenderingContext2D;

/** Each draws one tile. */
const MARKS: Readonly<Record<Pattern, (pen: Pen) => void>> = {
  dots,
  rows,
  stripes: (pen) => slanted(pen, TILE_PX + 1, -1),
  backstripes: (pen) => slanted(pen, -1, TILE_PX + 1),
};

function dots(pen: Pen): void {
  for (const at of [TILE_PX / 4, (3 * TILE_PX) / 4]) {
    pen.moveTo(at, at);
    pen.arc(at, at, 1.2, 0, 2 * Math.PI);
  }
  pen.fill();
}

function rows(pen: Pen): void {
  pen.moveTo(0, TILE_PX / 2);
  pen.lineTo(TILE_PX, TILE_PX / 2);
  pen.stroke();
}

/** The lines go past the edges of the tile, so that they meet those of the next tile. */
function slanted(pen: Pen, from: number, to: number): void {
  for (const shift of [-TILE_PX, 0, TILE_PX]) {
    pen.moveTo(shift - 1, from);
    pen.lineTo(shift + TILE_PX + 1, to);
  }
  pen.stroke();
}

/** Paints the sample of a series in the legend, as the series looks in the plot. */
export function paintSwatch(canvas: HTMLCanvasElement, look: Look, theme: Theme): void {
  const scale = pixelRatio();
  canvas.width = SWATCH_PX.width * scale;
  canvas.height = SWATCH_PX.height * scale;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(scale, scale);
  pen.fillStyle = fillOf(look, theme);
  pen.strokeStyle = look === "sun" ? theme.rim : theme.tones[look];
  if (isLine(look)) lineSwatch(pen, look === "dashed");
  else boxSwatch(pen);
}

function boxSwatch(pen: Pen): void {
  const { width, height } = SWATCH_PX;
  pen.fillRect(0, 0, width, height);
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
}

function lineSwatch(pen: Pen, dashed: boolean): void {
  const { width, height } = SWATCH_PX;
  pen.lineWidth = 2;
  pen.setLineDash(dashed ? DASH_PX : []);
  pen.beginPath();
  pen.moveTo(0, height / 2);
  pen.lineTo(width, height / 2);
  pen.stroke();
}
