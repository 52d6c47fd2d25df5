"""Tell the page where the stamps are: `python -m scripts.page_config OUTPUTS web/dist`.

Writes into the built page

- each HTML file but 404.html: the backends, and what lets a browser connect to them early
  (page_html.py);
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
from scripts.page_html import NotThePage, configured

CONFIG = Path(__file__).resolve().parent.parent / "web" / "staticwebapp.config.json"
POLICY = "Content-Security-Policy"
LOST = "404.html"  # talks to nobody: it leads to the page
OURS = "connect-src 'self'"


def main() -> int:
    """0 when all is written, 1 with one sentence on stderr when not."""
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
    """Write the HTML files and staticwebapp.config.json of `page`. Raises NotADeployment.

    Then nothing is written.
    """
    text = json.dumps(site_config(origins), indent=2) + "\n"
    sockets = [f"http{origin.removeprefix('ws')}" for origin in origins if origin[:2] == "ws"]
    pages = [file for file in sorted(page.rglob("*.html")) if file.name != LOST]
    files = {file: _configured(file, backends, sockets) for file in pages}
    for file, html in files.items():
        file.write_text(html)
    (page / CONFIG.name).write_text(text)


def _configured(file: Path, backends: list[str], sockets: list[str]) -> str:
    try:
        return configured(file.read_text(), backends, sockets)
    except NotThePage as error:
        raise NotADeployment(f"{file}: {error}") from error


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
