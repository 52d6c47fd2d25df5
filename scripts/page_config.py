"""Tell the page where the stamps are: `python -m scripts.page_config OUTPUTS web/dist`.

Writes into the built page

- config.json: the backends, which the page reads when it starts;
- staticwebapp.config.json: ours, with the stamps let into its Content-Security-Policy.

The policy is a header rather than a <meta> because frame-ancestors counts only there. What is in
git lets nobody in but the page's own host, so that a page without this step is safe, and alone.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from scripts.deployment import Deployment, NotADeployment, read

CONFIG = Path(__file__).resolve().parent.parent / "web" / "staticwebapp.config.json"
POLICY = "Content-Security-Policy"
OURS = "connect-src 'self'"


def main() -> int:
    """0 when both files are written, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.page_config", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("outputs", type=Path, help="the folder of scripts/infra outputs")
    parser.add_argument("page", type=Path, help="the built page, such as web/dist")
    args = parser.parse_args()
    try:
        deployment = read(args.outputs)
        if not (args.page / "index.html").is_file():
            raise NotADeployment(f"{args.page} holds no built page")
        write(args.page, backends(deployment), origins(deployment))
    except NotADeployment as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    print(f"{args.page}: {', '.join(backends(deployment))}")
    return 0


def backends(deployment: Deployment) -> list[str]:
    """The URL of each stamp's API: `https://…/api`."""
    return [stamp.api_url for stamp in deployment.stamps.values()]


def origins(deployment: Deployment) -> list[str]:
    """Who the page may talk to: each stamp's functions, and its SignalR by HTTP and WebSocket."""
    found: list[str] = []
    for stamp in deployment.stamps.values():
        found += [_origin(stamp.api_url)]
        found += [f"{scheme}://{stamp.signalr_host}" for scheme in ("https", "wss")]
    return found


def write(page: Path, backends: list[str], origins: list[str]) -> None:
    """Write config.json and staticwebapp.config.json into `page`. Raises NotADeployment."""
    (page / "config.json").write_text(json.dumps({"backends": backends}, indent=2) + "\n")
    text = json.dumps(site_config(origins), indent=2) + "\n"
    (page / CONFIG.name).write_text(text)


def site_config(origins: list[str]) -> dict[str, object]:
    """Ours, with `origins` let in. Raises NotADeployment for what could be more than an origin."""
    for origin in origins:
        if not re.fullmatch(r"(https?|wss?)://[a-z0-9.-]+(:\d{1,5})?", origin):
            raise NotADeployment(f"{origin!r} is not an origin")
    config: dict[str, object] = json.loads(CONFIG.read_text())
    headers = config["globalHeaders"]
    assert isinstance(headers, dict)
    before, found, after = headers[POLICY].partition(OURS)
    assert found, "the policy lost its connect-src"
    headers[POLICY] = before + " ".join([OURS, *origins]) + after
    return config


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


if __name__ == "__main__":
    sys.exit(main())
