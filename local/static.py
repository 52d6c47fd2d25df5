"""The built page, served beside the functions."""

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope


class Page(StaticFiles):
    """Files whose name carries a hash never change; everything else is asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its `Cache-Control`."""
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/")  # where Vite puts what it names by content
        caching = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["cache-control"] = caching
        return response


def page(directory: Path) -> ASGIApp | None:
    """The page in `directory`, or None if it has not been built."""
    if not (directory / "index.html").is_file():
        return None
    return Page(directory=directory, html=True)
