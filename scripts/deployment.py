"""What Terraform made, as the pipeline needs it: `python -m scripts.deployment OUTPUTS`.

    python -m scripts.deployment OUTPUTS                  what there is, for people
    python -m scripts.deployment OUTPUTS --variables      page and backends, as pipeline variables
    python -m scripts.deployment OUTPUTS --stamp weu      the same of one stamp

OUTPUTS is a folder, such as infra/dev/outputs, with a file for each state, as `scripts/infra
outputs` writes it: shared.json and one named after each stamp. None holds a secret.
"""

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

SHARED = "shared"


class Stamp(Struct, frozen=True):
    """What exists once in each stamp, by the names that Azure knows."""

    function_app: str
    function_app_id: str
    resource_group: str
    signalr: str
    signalr_host: str
    key_vault: str
    api_url: str  # https://…/api
    upstream_secret_name: str
    signalr_secret_name: str  # "": SignalR takes no keys
    identity: str  # the managed identity of the functions
    identity_client_id: str


class Shared(Struct, frozen=True):
    """What exists once."""

    resource_group: str
    static_web_app_name: str
    static_web_app_url: str
    sql_server: str
    sql_connection: str


class Deployment(Struct, frozen=True):
    """What Terraform made: the stamps by name, and what exists once."""

    shared: Shared
    stamps: dict[str, Stamp]


class NotADeployment(Exception):
    """Why these outputs cannot be used, in one sentence."""


def _states(folder: Path) -> dict[str, Path]:
    """The file of each state, by its name; the artifacts of a pipeline lie in folders below."""
    found = {path.stem: path for path in sorted(folder.rglob("*.json"))}
    if not found:
        raise NotADeployment(f"{folder} holds no outputs: scripts/infra outputs ENV STATE")
    return found


def _values(path: Path) -> dict[str, object]:
    try:
        outputs = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, object]])
    except (OSError, msgspec.MsgspecError) as error:
        raise NotADeployment(f"{path}: {error}") from None
    return {name: output.get("value") for name, output in outputs.items()}


def _as[T](kind: type[T], values: object, path: Path) -> T:
    try:
        return msgspec.convert(values, kind)
    except msgspec.MsgspecError as error:
        raise NotADeployment(f"{path}: {error}") from None


def read_shared(folder: Path) -> Shared:
    """Raises NotADeployment."""
    path = _states(folder).get(SHARED)
    if path is None:
        raise NotADeployment(f"{folder} has no shared.json")
    return _as(Shared, _values(path), path)


def read_stamps(folder: Path) -> dict[str, Stamp]:
    """The stamps that have a file, by name. Raises NotADeployment."""
    paths = {name: path for name, path in _states(folder).items() if name != SHARED}
    return {name: _as(Stamp, _values(path).get("deployed"), path) for name, path in paths.items()}


def read_stamp(folder: Path, name: str) -> Stamp:
    """One stamp; no other file is looked at. Raises NotADeployment."""
    paths = _states(folder)
    if name == SHARED or name not in paths:
        there = ", ".join(sorted(paths.keys() - {SHARED})) or "none"
        raise NotADeployment(f"there is no stamp {name}, but {there}")
    return _as(Stamp, _values(paths[name]).get("deployed"), paths[name])


def read(folder: Path) -> Deployment:
    """Everything. Raises NotADeployment."""
    stamps = read_stamps(folder)
    if not stamps:
        raise NotADeployment(f"{folder} names no stamp")
    return Deployment(read_shared(folder), stamps)


def main() -> int:
    """0, or 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deployment", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path)
    parser.add_argument("--variables", action="store_true")
    parser.add_argument("--stamp")
    args = parser.parse_args()
    try:
        print("\n".join(_lines(args.outputs, args.stamp, args.variables)))
    except NotADeployment as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


def _lines(outputs: Path, stamp: str | None, as_variables: bool) -> list[str]:
    if stamp:
        return _variables([("apiUrl", read_stamp(outputs, stamp).api_url)])
    deployment = read(outputs)
    if as_variables:
        return _variables(variables(deployment))
    stamps = [f"{name}  {stamp.api_url}" for name, stamp in deployment.stamps.items()]
    return [f"page  {deployment.shared.static_web_app_url}", *stamps]


def _variables(values: list[tuple[str, str]]) -> list[str]:
    return [f"##vso[task.setvariable variable={name}]{value}" for name, value in values]


def variables(deployment: Deployment) -> list[tuple[str, str]]:
    """Names and values of the pipeline's variables about page and backends."""
    return [
        ("staticWebApp", deployment.shared.static_web_app_name),
        ("pageUrl", deployment.shared.static_web_app_url),
        ("apiUrls", " ".join(stamp.api_url for stamp in deployment.stamps.values())),
    ]


if __name__ == "__main__":
    sys.exit(main())
