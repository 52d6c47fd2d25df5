/** The colours and the font of the page, for the chart library. */
import type { Look } from "../plot/plot.js";

/** Colours by their use, as CSS writes them. */
export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly surface: string;
  readonly font: string;
  readonly tones: Readonly<Record<Look, string>>;
  /** The edge of the yellow columns, which have too little contrast to the surface. */
  readonly rim: string;
}

/** Reads the tokens of the style sheet that hold for `element`. */
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
