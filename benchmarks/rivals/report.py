"""What was measured, written into the docs.

    python -m benchmarks.rivals.report [--check]

results.json holds every single time; the tables of docs/benchmarks.md and the picture of README.md
are made of it and of nothing else. `--check`: only say whether they are. The picture needs Node.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rivals.figures import Series, from_json, table
from benchmarks.rivals.servers import FOLDER

ROOT = Path(__file__).parents[2]
RESULTS = FOLDER / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "rivals.svg"
BEGIN, END = "<!-- benchmarks.rivals: begin -->", "<!-- benchmarks.rivals: end -->"
NAMES = {
    "heliograph": "**Heliograph**",
    "heliograph-two-stamps": "**Heliograph, two stamps**",
    "peerjs": "PeerJS, which has to know the other's id",
    "y-webrtc": "y-webrtc",
    "simple-peer": "simple-peer with socket.io",
    "trystero": "Trystero (Nostr)",
}
IN_PICTURE = {
    "heliograph": "Heliograph",
    "peerjs": "PeerJS",
    "y-webrtc": "y-webrtc",
    "simple-peer": "simple-peer + socket.io",
    "trystero": "Trystero",
}
WITH_LINE = "R ="  # of the column, where times grow with the round trip


def save(measured: Sequence[Mapping[str, object]], how: str) -> None:
    """Keep what was measured; `how`: machine, date and runs. Scenes that were left out stay."""
    old = json.loads(RESULTS.read_text())["series"] if RESULTS.exists() else []
    series = {each["title"]: each for each in (*old, *({**one, "how": how} for one in measured))}
    RESULTS.write_text(json.dumps({"series": list(series.values())}, indent=1) + "\n")


def tables(results: Mapping[str, Any]) -> str:
    """The part of docs/benchmarks.md between BEGIN and END, both included."""
    parts = [BEGIN]
    for each in results["series"]:
        [series] = from_json([each])
        lines = table(series, line=series.column == WITH_LINE)
        for system, name in NAMES.items():
            lines = lines.replace(f"| {system} |", f"| {name} |")
        parts += [lines, f"{each['how']}."]
    return "\n\n".join([*parts, END])


def picture(results: Mapping[str, Any]) -> dict[str, Any]:
    """A specification of Vega-Lite: median and spread over the round trip."""
    series = _pictured(results)
    axis = {"labelFontSize": 13, "titleFontSize": 13, "grid": True, "gridOpacity": 0.4}
    over = {"field": "at", "type": "quantitative", "title": "round trip to the servers, ms"}
    ms = {"type": "quantitative", "title": "click → open channel, ms"}
    color = {
        "field": "system",
        "type": "nominal",
        "scale": {"range": ["#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#6b7280"]},
        "sort": list(IN_PICTURE.values()),
        "legend": {"title": None, "labelFontSize": 13, "symbolOpacity": 1, "labelLimit": 0},
    }
    band = {"mark": {"type": "area", "opacity": 0.15}, "encoding": _band(ms)}
    line = {
        "mark": {"type": "line", "point": True, "strokeWidth": 2.5},
        "encoding": {"y": {**ms, "field": "median"}},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": digest(results),
        "width": 520,
        "height": 300,
        "padding": 12,
        "background": "white",
        "data": {"values": _points(series)},
        "config": {"axis": axis, "view": {"stroke": None}},
        "encoding": {"x": over, "color": color},
        "layer": [band, line],
    }


def digest(results: Mapping[str, Any]) -> str:
    """Of what the picture shows: it stands in the picture, so that an old one is noticed."""
    return hashlib.sha256(json.dumps(_points(_pictured(results))).encode()).hexdigest()[:16]


def _pictured(results: Mapping[str, Any]) -> Series:
    """The first scene in which times grow with the round trip."""
    chosen = next(each for each in results["series"] if each["column"] == WITH_LINE)
    return from_json([chosen])[0]


def _band(ms: Mapping[str, Any]) -> dict[str, Any]:
    return {"y": {**ms, "field": "least"}, "y2": {"field": "most"}}


def _points(series: Series) -> list[dict[str, Any]]:
    return [
        {
            "system": IN_PICTURE[system],
            "at": at,
            "median": round(spread.median),
            "least": round(spread.least),
            "most": round(spread.most),
        }
        for system in series.systems
        if system in IN_PICTURE
        for at in series.columns
        if (spread := series.spread(system, at))
    ]


def write(results: Mapping[str, Any]) -> None:
    """Bring page and picture up to date."""
    block = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    PAGE.write_text(block.sub(lambda _: tables(results), PAGE.read_text()))
    spec = json.dumps(picture(results))
    made = subprocess.run(
        ["node", FOLDER / "picture.mjs"], input=spec, capture_output=True, text=True, check=True
    )
    PICTURE.write_text(made.stdout)


def is_written(results: Mapping[str, Any]) -> bool:
    """Whether page and picture are up to date."""
    return tables(results) in PAGE.read_text() and digest(results) in PICTURE.read_text()


def main(arguments: Sequence[str]) -> int:
    """Write, or check; 1: what is written is out of date."""
    results = json.loads(RESULTS.read_text())
    if "--check" in arguments:
        return 0 if is_written(results) else 1
    write(results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
