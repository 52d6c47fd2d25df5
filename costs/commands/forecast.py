"""python -m costs forecast: what calls cost, here and in the seed's design."""

import argparse
import json
from pathlib import Path

from costs.comparison import compare
from costs.forecast import check_mix
from costs.measured import MEASURES, Known, known
from costs.prices import TURN, PriceError, Prices, parse
from costs.table import as_json, as_text
from stats.commands import database as databases
from stats.store import Store

PRICES = Path(__file__).parents[1] / "prices.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls-per-day", type=float, metavar="N", help="unless measured: 1,000")
    parser.add_argument("--prices", type=Path, default=PRICES, metavar="FILE", help="TOML")
    parser.add_argument(
        "--turn", metavar="NAME=SHARE,…", help=f"our TURN providers: {', '.join(TURN)}"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--chart", type=Path, metavar="FILE", help=".svg or .png")
    databases.add_option(parser)


def run(args: argparse.Namespace) -> int:
    """Raises SystemExit with a sentence for what cannot be used."""
    try:
        prices = read_prices(args.prices)
        mix = None if args.turn is None else check_mix(parse_mix(args.turn), TURN)
        of = compare(measured(args.database, args.calls_per_day), prices, mix)
        if args.chart is not None:
            from costs.chart import draw

            draw(of, args.chart)
    except ValueError as error:
        raise SystemExit(f"forecast: {error}") from None
    print(json.dumps(as_json(of), indent=2) if args.json else "\n".join(as_text(of)))
    return 0


def read_prices(path: Path) -> Prices:
    try:
        return parse(path.read_text())
    except OSError as error:
        raise PriceError(f"{path}: {error.strerror}") from None
    except (PriceError, UnicodeDecodeError) as error:
        raise PriceError(f"{path}: {error}") from None


def parse_mix(text: str) -> dict[str, float]:
    """`cloudflare=0.8,coturn=0.2`, or one name."""
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.strip().partition("=")
        if name in mix:
            raise ValueError(f"TURN provider {name} is named twice")
        try:
            mix[name] = float(share or 1)
        except ValueError:
            raise ValueError(f"the share of {name} is no number: {share}") from None
    return mix


def measured(database: str | None, calls_per_day: float | None) -> Known:
    """Without a database there is nothing measured, unless it was asked for."""
    sql = databases.read_database(database)
    if sql.path is not None and not Path(sql.path).is_file():
        if database is None:
            return known((), calls_per_day)
        raise ValueError(f"there is no database {sql.path}")
    store = Store(databases.open_database(sql))
    try:
        return known(store.read(MEASURES, since=0), calls_per_day)
    finally:
        store.close()
