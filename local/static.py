"""The built page, served beside the functions, with the headers it has in Azure."""

import json
from collections.abc import Mapping
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

# Over plain HTTP browsers ignore it; said about `localhost` it would be wrong.
_NOT_LOCALLY = {"strict-transport-security"}


class Page(StaticFiles):
    """Files whose name carries a hash never change; everything else is asked for again."""

    def __init__(self, directory: Path, headers: Mapping[str, str]) -> None:
        super().__init__(directory=directory, html=True)
        self._headers = headers

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its `Cache-Control` and the security headers."""
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/")  # where Vite puts what it names by content
        caching = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["cache-control"] = caching
        response.headers.update(self._headers)
        return response


def page(web: Path, signalr: str) -> ASGIApp | None:
    """The page in `web/dist`, or None if it has not been built.

    `web/staticwebapp.config.json` has its headers. `signalr` is the host and port of the emulator,
    which the page must be allowed to connect to.
    """
    if not (web / "dist" / "index.html").is_file():
        return None
    config = web / "staticwebapp.config.json"
    text = config.read_text() if config.is_file() else "{}"
    return Page(web / "dist", security_headers(text, signalr))


def security_headers(config: str, signalr: str) -> dict[str, str]:
    """The `globalHeaders` of a staticwebapp.config.json, with the emulator added to the policy."""
    given = json.loads(config).get("globalHeaders", {})
    headers = {name.lower(): str(value) for name, value in given.items()}
    policy = headers.get("content-security-policy", "")
    sources = f"connect-src http://{signalr} ws://{signalr} "
    if policy:
        headers["content-security-policy"] = policy.replace("connect-src ", sources, 1)
    return {name: value for name, value in headers.items() if name not in _NOT_LOCALLY}
