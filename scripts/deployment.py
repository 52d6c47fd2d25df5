"""What Terraform made, as the pipeline needs it: `python -m scripts.deployment OUTPUTS`.

    python -m scripts.deployment OUTPUTS                  what there is, for people
    python -m scripts.deployment OUTPUTS --expect we ne   exit status 1 unless these are the stamps
    python -m scripts.deployment OUTPUTS --variables      page and backends, as pipeline variables
    python -m scripts.deployment OUTPUTS --stamp we       the same of one stamp

OUTPUTS is what `terraform output -json` wrote. It holds no secret.
"""

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec import Struct


class Stamp(Struct, frozen=True):
    """What exists once in each stamp, by the names that Azure knows."""

    function_app: str
    resource_group: str
    signalr: str
    key_vault: str
    api_url: str  # https://…/api
    upstream_secret_name: str
    identity: str = ""  # the managed identity of the functions
    identity_client_id: str = ""

    @property
    def signalr_host(self) -> str:
        """The host of its SignalR Service. The output holds it, or the name alone."""
        return self.signalr if "." in self.signalr else f"{self.signalr}.service.signalr.net"


class Deployment(Struct, frozen=True):
    """What Terraform made: the stamps by name, and what exists once."""

    stamps: dict[str, Stamp]
    resource_group: str  # of what exists once
    static_web_app_name: str
    static_web_app_url: str
    sql_server: str
    sql_connection: str


class NotADeployment(Exception):
    """Why these outputs cannot be used, in one sentence."""


def read(path: Path) -> Deployment:
    """Raises NotADeployment."""
    try:
        outputs = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, object]])
        values = {name: output.get("value") for name, output in outputs.items()}
        found = msgspec.convert(values, Deployment)
    except (OSError, msgspec.MsgspecError) as error:
        raise NotADeployment(f"{path}: {error}") from None
    if not found.stamps:
        raise NotADeployment(f"{path} names no stamp")
    return found


def stamp_of(deployment: Deployment, name: str) -> Stamp:
    """Raises NotADeployment."""
    if name not in deployment.stamps:
        raise NotADeployment(f"there is no stamp {name}, but {', '.join(deployment.stamps)}")
    return deployment.stamps[name]


def main() -> int:
    """0, or 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deployment", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path)
    parser.add_argument("--expect", nargs="+", metavar="STAMP")
    parser.add_argument("--variables", action="store_true")
    parser.add_argument("--stamp")
    args = parser.parse_args()
    try:
        deployment = read(args.outputs)
        if args.expect and sorted(args.expect) != sorted(deployment.stamps):
            made, named = ", ".join(sorted(deployment.stamps)), ", ".join(sorted(args.expect))
            raise NotADeployment(f"Terraform makes {made}; azure-pipelines.yml names {named}")
        if args.stamp or args.variables:
            values = variables(deployment, args.stamp)
            lines = [f"##vso[task.setvariable variable={name}]{value}" for name, value in values]
        else:
            lines = [f"page  {deployment.static_web_app_url}"]
            lines += [f"{name}  {stamp.api_url}" for name, stamp in deployment.stamps.items()]
        print("\n".join(lines))
    except NotADeployment as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    return 0


def variables(deployment: Deployment, stamp: str | None) -> list[tuple[str, str]]:
    """Raises NotADeployment."""
    if stamp is not None:
        one = stamp_of(deployment, stamp)
        return [("functionApp", one.function_app), ("apiUrl", one.api_url)]
    return [
        ("staticWebApp", deployment.static_web_app_name),
        ("pageUrl", deployment.static_web_app_url),
        ("apiUrls", " ".join(stamp.api_url for stamp in deployment.stamps.values())),
    ]


if __name__ == "__main__":
    sys.exit(main())
