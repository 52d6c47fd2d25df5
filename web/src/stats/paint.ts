/** Colours from the page's tokens, and patterns, so that colour never stands alone. */
import type { Look } from "./plot.js";

export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly surface: string;
  readonly font: string;
  readonly tones: Readonly<Record<Look, string>>;
  /** The rim of sunny columns, which are too pale for paper alone. */
  readonly rim: string;
}

export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const ink = token("--ink");
  return {
    ink,
    soft: token("--soft"),
    line: token("--line"),
    surface: token("--surface"),
    font: style.fontFamily,
    rim: token("--rim"),
    tones: {
      sun: token("--sun-strong"),
      plain: token("--tone-plain"),
      stripes: token("--tone-stripes"),
      dots: token("--tone-dots"),
      backstripes: token("--tone-backstripes"),
      rows: token("--tone-rows"),
      line: ink,
      dashed: ink,
    },
  };
}

export const isLine = (look: Look): boolean => look === "line" || look === "dashed";

export const DASH = [5, 4];
const TILE = 8; // CSS pixels

/** What to fill with; a plain colour where the browser makes no patterns. */
export function fillOf(look: Look, theme: Theme): string | CanvasPattern {
  const tone = theme.tones[look];
  if (look === "sun" || look === "plain" || isLine(look)) return tone;
  const scale = Math.max(1, devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE * scale);
  const pen = tile.getContext("2d");
  if (!pen) return tone;
  pen.scale(tile.width / TILE, tile.width / TILE);
  pen.fillStyle = tone;
  pen.fillRect(0, 0, TILE, TILE);
  pen.strokeStyle = pen.fillStyle = theme.surface;
  pen.lineWidth = 1.5;
  mark(pen, look);
  const pattern = pen.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(TILE / tile.width));
  return pattern ?? tone;
}

/** One tile. Slanted lines run past its edges, so that they meet those of the next. */
function mark(pen: CanvasRenderingContext2D, look: Look): void {
  pen.beginPath();
  if (look === "dots") {
    for (const [x, y] of [
      [2, 2],
      [6, 6],
    ] as const) {
      pen.moveTo(x, y);
      pen.arc(x, y, 1.2, 0, 2 * Math.PI);
    }
    pen.fill();
    return;
  }
  if (look === "rows") {
    pen.moveTo(0, TILE / 2);
    pen.lineTo(TILE, TILE / 2);
  } else {
    for (const shift of [-TILE, 0, TILE]) {
      const [from, to] = look === "stripes" ? [TILE + 1, -1] : [-1, TILE + 1];
      pen.moveTo(shift - 1, from);
      pen.lineTo(shift + TILE + 1, to);
    }
  }
  pen.stroke();
}

/** The sample beside a series' name in the legend: the same paint as in the plot. */
export function paintSwatch(canvas: HTMLCanvasElement, look: Look, theme: Theme): void {
  const [width, height] = [28, 16];
  const scale = Math.max(1, devicePixelRatio);
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(scale, scale);
  pen.fillStyle = fillOf(look, theme);
  pen.strokeStyle = look === "sun" ? theme.rim : theme.tones[look];
  if (!isLine(look)) {
    pen.fillRect(0, 0, width, height);
    pen.strokeRect(0.5, 0.5, width - 1, height - 1);
    return;
  }
  pen.lineWidth = 2;
  pen.setLineDash(look === "dashed" ? DASH : []);
  pen.beginPath();
  pen.moveTo(0, height / 2);
  pen.lineTo(width, height / 2);
  pen.stroke();
}
