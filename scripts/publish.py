"""Put a package onto a stamp and wait for it: `python -m scripts.publish OUTPUTS STAMP ZIP`.

Nothing is built in Azure: the package holds all that it needs. (`az functionapp deployment source
config-zip` builds each Python app of Flex Consumption again, and has no flag against it.)

Azure takes a package with 202 and goes on answering with the old one for a while. So: deploy, wait
until Azure says that it is there, then set HELIOGRAPH_BUILD, which starts new instances, and wait
until /api/health answers with that build, several times in a row.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from scripts.azure import AzureRefused, az
from scripts.deployment import NotADeployment, Stamp, read_stamp

# Of Kudu: https://github.com/projectkudu/kudu/wiki/Deployment-hook; the CLI reads the same numbers.
DONE, FAILED = 4, {-1, 3, 5, 6}
DEPLOY_WAIT_SECONDS = 900.0
HEALTH_WAIT_SECONDS = 600.0
PAUSE_SECONDS = 5.0
BUILD = re.compile(r"[A-Za-z0-9._-]{1,64}")  # what HELIOGRAPH_BUILD takes: backend/settings.py
ANSWERS_IN_A_ROW = 5  # several instances answer in turn, and the last old one may be among them
UPLOAD_TIMEOUT_SECONDS = 600
ASK_TIMEOUT_SECONDS = 30


class NotPublished(Exception):
    """Why the package does not run there, in one sentence."""


def main() -> int:
    """0 when the stamp answers with the new build, 1 with one sentence on stderr when not."""
    args = _arguments()
    try:
        stamp = read_stamp(args.outputs, args.stamp)
        build = args.build or args.zip.with_name("build.txt").read_text().strip()
        if not BUILD.fullmatch(build):
            raise NotPublished("a build id takes 1 to 64 of A-Z, a-z, 0-9, ., _ and -")
        scm = args.scm or f"https://{_scm_host(stamp)}"
        _deploy(scm, args.zip, args.pause)
        setting = f"HELIOGRAPH_BUILD={build}"
        where = ("-g", stamp.resource_group, "-n", stamp.function_app)
        az("functionapp", "config", "appsettings", "set", *where, "--settings", setting)
        _wait_for_build(args.health or f"{stamp.api_url}/health", build, args.pause, args.wait)
    except (NotADeployment, NotPublished, AzureRefused, OSError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    print(f"{args.stamp}: answers with build {build}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.publish", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="the folder of scripts/infra outputs")
    parser.add_argument("stamp", help="the stamp's name")
    parser.add_argument("zip", type=Path, help="what scripts.package made")
    parser.add_argument("--build", help="its id; default: what build.txt beside it says")
    parser.add_argument("--scm", help="where packages go; default: what Azure says")
    parser.add_argument("--health", help="what is asked; default: /health of the stamp's API")
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="seconds between tries")
    parser.add_argument(
        "--wait", type=float, default=HEALTH_WAIT_SECONDS, help="seconds for health"
    )
    return parser.parse_args()


def _scm_host(stamp: Stamp) -> str:
    query = "hostNameSslStates[?hostType=='Repository'].name | [0]"
    where = ("-g", stamp.resource_group, "-n", stamp.function_app)
    host = az("functionapp", "show", *where, "--query", query)
    if not isinstance(host, str):
        raise NotPublished(f"{stamp.function_app} has no place for packages")
    return host


def _token() -> str:
    found: str = az("account", "get-access-token", "--query", "accessToken")
    return found


def _deploy(scm: str, package: Path, pause: float) -> None:
    until = time.monotonic() + DEPLOY_WAIT_SECONDS
    headers = {"Authorization": f"Bearer {_token()}"}
    url = f"{scm}/api/publish?RemoteBuild=false&Deployer=heliograph"

    def upload() -> int | None:
        with package.open("rb") as body:
            kind = {"Content-Type": "application/zip"}
            said = requests.post(
                url, data=body, headers=headers | kind, timeout=UPLOAD_TIMEOUT_SECONDS
            )
        return None if said.status_code in (409, 502, 503) else said.status_code

    status = _until("Azure takes no package", upload, until, pause)
    if status not in (200, 202):
        raise NotPublished(f"Azure refused the package with {status}")

    def deployed() -> bool | None:
        said = requests.get(
            f"{scm}/api/deployments/latest", headers=headers, timeout=ASK_TIMEOUT_SECONDS
        )
        number = _json(said).get("status")
        if number in FAILED:
            raise NotPublished(f"the deployment failed with status {number}")
        return True if number == DONE else None

    _until("Azure did not finish the deployment", deployed, until, pause)


def _wait_for_build(url: str, build: str, pause: float, seconds: float) -> None:
    in_a_row = 0

    def answers() -> bool | None:
        nonlocal in_a_row
        said = requests.get(url, timeout=ASK_TIMEOUT_SECONDS)
        is_new = said.ok and _json(said).get("build") == build
        in_a_row = in_a_row + 1 if is_new else 0
        return True if in_a_row >= ANSWERS_IN_A_ROW else None

    until = time.monotonic() + seconds
    _until(f"/api/health does not answer with build {build}", answers, until, pause)


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _until[T](failure: str, attempt: Callable[[], T | None], until: float, pause: float) -> T:
    """What `attempt` answers, once it is not None. A connection that fails is tried again."""
    while True:
        try:
            found = attempt()
        except requests.RequestException:
            found = None
        if found is not None:
            return found
        if time.monotonic() >= until:
            raise NotPublished(failure)
        time.sleep(pause)


if __name__ == "__main__":
    sys.exit(main())
