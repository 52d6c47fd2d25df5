/** The box that shows the values of the column under the pointer. */
import type { Plot } from "../plot/plot.js";
import { isLine } from "./paint.js";
import type { Theme } from "./theme.js";

interface Item {
  readonly dataIndex: number;
  readonly datasetIndex: number;
}

/** The library's options for the tooltip of `plot`. */
export const tooltipOf = (plot: Plot, theme: Theme): object => ({
  backgroundColor: theme.surface,
  borderColor: theme.soft,
  borderWidth: 1,
  titleColor: theme.ink,
  bodyColor: theme.ink,
  cornerRadius: 10,
  padding: 10,
  boxPadding: 4,
  bodySpacing: 4,
  multiKeyBackground: "transparent",
  usePointStyle: true,
  callbacks: {
    title: ([item]: readonly Item[]) => plot.titles[item?.dataIndex ?? -1] ?? "",
    labelPointStyle: ({ datasetIndex }: Item) => {
      const look = plot.series[datasetIndex]?.look;
      return { pointStyle: look && isLine(look) ? "line" : "rect", rotation: 0 };
    },
    label: ({ datasetIndex, dataIndex }: Item) => valueWords(plot, datasetIndex, dataIndex),
  },
});

/** Such as `Calls: 104`; empty for a value that is not known. */
export function valueWords({ series, axes }: Plot, which: number, column: number): string {
  const one = series[which];
  const value = one?.values[column];
  return one && value != null ? `${one.label}: ${axes[one.axis]?.write(value) ?? value}` : "";
}
