"""Is the page that was deployed the one that is served? `python -m scripts.page_check FOLDER URL`.

Every file of the folder is fetched and compared, byte by byte, and the headers of the page with
those of its staticwebapp.config.json: so the new page is there, whole, and may talk to the stamps.
What differs is asked for again until it is right: a page that is new takes a moment to be
everywhere. That two people can meet at the stamps is asked by `python -m heliograph check`.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

import requests

CONFIG = "staticwebapp.config.json"
WAIT_SECONDS = 120.0
PAUSE_SECONDS = 2.0  # and up to as much again
ASK_SECONDS = 20.0
SHOWN = 5  # of the files that differ


class NotServed(Exception):
    """What is not served as it is in the folder, in one sentence."""


def main() -> int:
    """0 when it is, 1 with one sentence on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m scripts.page_check", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, help="what was deployed")
    parser.add_argument("url", help="where it is served: https://PAGE")
    parser.add_argument("--wait", type=float, default=WAIT_SECONDS, help="seconds at most")
    args = parser.parse_args()
    try:
        count = check(args.folder, args.url.rstrip("/"), args.wait)
    except (NotServed, OSError, ValueError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    print(f"{count} files are served as they were deployed")
    return 0


def check(folder: Path, url: str, seconds: float) -> int:
    """How many files are served. Raises NotServed after so many seconds."""
    wanted = {path_of(file, folder): file.read_bytes() for file in files_of(folder)}
    if "/" not in wanted:
        raise NotServed(f"{folder} holds no page")
    until = time.monotonic() + seconds
    left, headers = set(wanted), headers_of(folder)
    with requests.Session() as session:
        while True:
            left = {path for path in left if not _is(session, url + path, wanted[path])}
            wrong = {path for path in ("/",) if not left and not _has(session, url + path, headers)}
            if not left and not wrong:
                return len(wanted)
            if time.monotonic() >= until:
                raise NotServed(_told(left))
            time.sleep(PAUSE_SECONDS * (1 + random.random()))


def files_of(folder: Path) -> list[Path]:
    """All that browsers can ask for."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != CONFIG]


def path_of(file: Path, folder: Path) -> str:
    """Where it is served: an index.html at its folder, without a slash at the end."""
    path = "/" + file.relative_to(folder).as_posix()
    if file.name != "index.html":
        return path
    return path.removesuffix("/index.html") or "/"


def headers_of(folder: Path) -> dict[str, str]:
    """Those that every answer has to have; the policy names the stamps."""
    config = json.loads((folder / CONFIG).read_text())
    return {name: str(value) for name, value in config["globalHeaders"].items()}


def _is(session: requests.Session, url: str, content: bytes) -> bool:
    answer = _get(session, url)
    return answer is not None and answer.ok and answer.content == content


def _has(session: requests.Session, url: str, headers: dict[str, str]) -> bool:
    answer = _get(session, url)
    if answer is None:
        return False
    # Names of headers are told in any case (RFC 9110 §5.1).
    return all(answer.headers.get(name) == value for name, value in headers.items())


def _get(session: requests.Session, url: str) -> requests.Response | None:
    try:
        return session.get(url, timeout=ASK_SECONDS, headers={"Cache-Control": "no-cache"})
    except requests.RequestException:
        return None


def _told(left: set[str]) -> str:
    if not left:
        return f"the page's headers are not those of {CONFIG}"
    named = ", ".join(sorted(left)[:SHOWN])
    return f"{len(left)} files are not served as they were deployed: {named}"


if __name__ == "__main__":
    sys.exit(main())
