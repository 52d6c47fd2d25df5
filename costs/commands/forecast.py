"""`python -m costs forecast`: what calls cost in this design and in the seed's."""

import argparse
from pathlib import Path

import msgspec
from msgspec import structs

from costs.answer import as_answer
from costs.comparison import compare
from costs.deployment import CHOICES, PRESETS, Deployment
from costs.forecast import check_mix
from costs.measured import MEASURES, SourcedLoad, sourced_load
from costs.prices import TURN, PriceError, Prices, parse
from costs.table import as_text
from stats.commands import database as databases
from stats.store import Store

PRICES = Path(__file__).parents[1] / "prices.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--calls-per-day", type=float, metavar="N", help="default: as measured, or 1,000"
    )
    parser.add_argument("--prices", type=Path, default=PRICES, metavar="FILE", help="TOML")
    parser.add_argument(
        "--turn", metavar="NAME=SHARE,…", help=f"our TURN providers: {', '.join(TURN)}"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--chart", type=Path, metavar="FILE", help=".svg or .png")
    databases.add_option(parser)
    parser.add_argument(
        "--deployment", choices=PRESETS, default="prod", help="an example of infra/; default: prod"
    )
    for field in structs.fields(Deployment)[1:]:
        choices = ", ".join(map(str, CHOICES.get(field.name, ())))
        parser.add_argument(
            "--" + field.name.replace("_", "-"), metavar="VALUE", help=choices or "a number"
        )


def run(args: argparse.Namespace) -> int:
    """Print the forecast, or draw it too. Raises SystemExit with a sentence for a bad option."""
    try:
        prices = read_prices(args.prices)
        mix = None if args.turn is None else check_mix(parse_mix(args.turn), TURN)
        load = measured(args.database, args.calls_per_day)
        comparison = compare(load, prices, read_deployment(args), mix)
        if args.chart is not None:
            from costs.chart import draw

            draw(comparison, args.chart)
    except ValueError as error:
        raise SystemExit(f"forecast: {error}") from None
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(as_answer(comparison)), indent=2).decode())
    else:
        print("\n".join(as_text(comparison)))
    return 0


def read_deployment(args: argparse.Namespace) -> Deployment:
    """The preset with what the options change. Raises ValueError, which names the option."""
    preset = PRESETS[args.deployment]
    given = {
        field.name: getattr(args, field.name)
        for field in structs.fields(Deployment)[1:]
        if getattr(args, field.name) is not None
    }
    try:
        # Not strict: the options are text. A ValueError of Deployment comes as a ValidationError.
        return msgspec.convert(structs.asdict(preset) | given, Deployment, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"the deployment: {error}") from None


def read_prices(path: Path) -> Prices:
    """The prices of a file. Raises PriceError, which names the file."""
    try:
        return parse(path.read_text())
    except OSError as error:
        raise PriceError(f"{path}: {error.strerror}") from None
    except (PriceError, UnicodeDecodeError) as error:
        raise PriceError(f"{path}: {error}") from None


def parse_mix(text: str) -> dict[str, float]:
    """Shares by provider, from `cloudflare=0.8,coturn=0.2` or one name. Raises ValueError."""
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


def measured(database: str | None, calls_per_day: float | None) -> SourcedLoad:
    """The load of the statistics in a database.

    If the default database does not exist, the load is assumed. If `database` does not exist, it
    raises ValueError.
    """
    sql = databases.read_database(database)
    if sql.path is not None and not Path(sql.path).is_file():
        if database is None:
            return sourced_load((), calls_per_day)
        raise ValueError(f"there is no database {sql.path}")
    store = Store(databases.open_database(sql))
    try:
        return sourced_load(store.read(MEASURES, since=0), calls_per_day)
    finally:
        store.close()
