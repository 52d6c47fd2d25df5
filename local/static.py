"""The built page, served beside the functions, with the headers it has in Azure."""

import json
import os
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from scripts.page_html import configured

# Over plain HTTP browsers ignore it; said about `localhost` it would be wrong.
_NOT_LOCALLY = {"strict-transport-security"}
_BUILDS = 4  # that are served beside the first one


class Page(StaticFiles):
    """Files whose name carries a hash never change; everything else is asked for again.

    What is no file gets 404.html, with the status 404, as staticwebapp.config.json wants it.

    `backends`: what the HTML tells the page, as a deployment writes it there; none: as it was
    built.
    """

    def __init__(
        self, directory: Path, headers: Mapping[str, str], backends: Sequence[str] = ()
    ) -> None:
        super().__init__(directory=directory, html=True)
        self._headers = headers
        self._backends = backends

    def put_first(self, directory: Path) -> list[Path]:
        """Serve a newer build from now on: the folders that are not served any more.

        Those before it stay for pages that are open: they load files of theirs later. The first one
        that was ever served stays for good.
        """
        first, *newer = reversed([Path(each) for each in self.all_directories])
        kept = [directory, *reversed(newer)][:_BUILDS]
        self.all_directories = [*kept, first]
        return [each for each in newer if each not in kept]

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its `Cache-Control` and the security headers."""
        response = await super().get_response(path, scope)
        # Where Vite puts what it names by content.
        hashed = path.startswith("assets/") and response.status_code != HTTPStatus.NOT_FOUND
        caching = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["cache-control"] = caching
        response.headers.update(self._headers)
        return response

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """HTML goes without an ETag: that of the file says nothing of the backends."""
        file = Path(full_path)
        if not self._backends or file.suffix != ".html":
            return super().file_response(full_path, stat_result, scope, status_code)
        return HTMLResponse(configured(file.read_text(), self._backends), status_code)


def page(web: Path, sources: Sequence[str], backends: Sequence[str] = ()) -> Page | None:
    """The page in `web/dist`, or None if it has not been built.

    `web/staticwebapp.config.json` has its headers. `sources`: URLs that the page must be allowed to
    connect to, of SignalR and of other stamps. `backends`: the URL of the API of every stamp; none:
    the one beside the page.
    """
    if not (web / "dist" / "index.html").is_file():
        return None
    config = web / "staticwebapp.config.json"
    text = config.read_text() if config.is_file() else "{}"
    return Page(web / "dist", security_headers(text, sources), backends)


def security_headers(config: str, sources: Sequence[str]) -> dict[str, str]:
    """The `globalHeaders` of a staticwebapp.config.json, with `sources` added to the policy.

    Each by HTTP and by WebSocket.
    """
    given = json.loads(config).get("globalHeaders", {})
    headers = {name.lower(): str(value) for name, value in given.items()}
    policy = headers.get("content-security-policy", "")
    both = (way for url in sources for way in (url, url.replace("http", "ws", 1)))
    if policy:
        allowed = " ".join(["connect-src", *both, ""])
        headers["content-security-policy"] = policy.replace("connect-src ", allowed, 1)
    return {name: value for name, value in headers.items() if name not in _NOT_LOCALLY}
