"""The forecast as a picture: SVG or PNG, by the ending of the file's name."""

from pathlib import Path
from typing import TYPE_CHECKING

from costs.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OURS, SEED, INK, GRID = "#1f6f8b", "#e08e45", "#222222", "#d9d9d9"
MIN_COST = 1e-3  # per 1,000 calls; less is not drawn
KINDS = (".svg", ".png")


def draw(comparison: Comparison, path: Path) -> None:
    """Draw the forecast into a file. Raises ValueError for another ending, or if it fails."""
    if path.suffix.lower() not in KINDS:
        raise ValueError(f"a chart is a file {' or '.join(KINDS)}, not {path.name}")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.6), dpi=120, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    services, shares = figure.subplots(1, 2, width_ratios=(3, 2))
    _services(services, comparison)
    _shares(shares, comparison)
    load = comparison.load
    figure.suptitle(
        f"Variable cost of 1,000 calls at {load.calls_per_day:,.0f} calls a day"
        f" ({comparison.prices.currency}, logarithmic)",
        color=INK,
        fontsize=13,
    )
    try:
        figure.savefig(path, facecolor="white")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None


def _services(axes: "Axes", comparison: Comparison) -> None:
    pairs = [
        (a.service, a.per_call * 1e3, b.per_call * 1e3)
        for a, b in zip(comparison.ours.lines, comparison.seed.lines, strict=True)
        if max(a.per_call, b.per_call) * 1e3 >= MIN_COST
    ]
    pairs = [
        ("in all", comparison.ours.per_call * 1e3, comparison.seed.per_call * 1e3),
        *reversed(pairs),
    ]
    for offset, index, label, color in ((0.19, 1, "Heliograph", OURS), (-0.19, 2, "seed", SEED)):
        costs = [float(pair[index]) for pair in pairs]
        places = [place + offset for place in range(len(pairs))]
        axes.barh(places, [max(cost, MIN_COST) for cost in costs], 0.36, label=label, color=color)
        for place, cost in zip(places, costs, strict=True):
            text = f" {cost:.3g}" if cost >= MIN_COST else " 0"
            axes.text(max(cost, MIN_COST), place, text, va="center", color=INK, fontsize=9)
    axes.set_yticks(range(len(pairs)), [pair[0] for pair in pairs])
    axes.set_xscale("log")
    axes.set_xlim(MIN_COST, max(MIN_COST, *(cost for pair in pairs for cost in pair[1:])) * 10)
    axes.set_xlabel(f"{comparison.prices.currency} per 1,000 calls", color=INK)
    axes.set_title("by service", color=INK, fontsize=11)
    axes.legend(frameon=False, loc="upper right")
    axes.xaxis.set_major_formatter("{x:g}")
    _plain(axes)


def _shares(axes: "Axes", comparison: Comparison) -> None:
    rows = comparison.by_share
    shares = [float(row.case) * 100 for row in rows]
    axes.plot(shares, [row.seed for row in rows], "o-", color=SEED, label="seed")
    axes.plot(shares, [row.ours for row in rows], "o-", color=OURS, label="Heliograph")
    tenth = [row.seed / 10 for row in rows]
    axes.plot(shares, tenth, "--", color=INK, linewidth=1, label="target (1/10)")
    axes.set_yscale("log")
    axes.set_xticks(shares)
    axes.set_xlabel("calls that need a relay, %", color=INK)
    axes.set_ylabel(f"{comparison.prices.currency} per 1,000 calls", color=INK)
    axes.set_title("by share of relayed calls", color=INK, fontsize=11)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    _plain(axes)


def _plain(axes: "Axes") -> None:
    axes.grid(True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK)
    for name in ("top", "right"):
        axes.spines[name].set_visible(False)
