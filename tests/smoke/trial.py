"""Who tries to meet whom, through which stamps. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


def host(api: str) -> str:
    """Of the URL of a stamp's API, as it is printed."""
    return urlsplit(api).netloc


@dataclass(slots=True)
class Trial:
    """Two people who try to meet. Each is given the URLs of some stamps' APIs, and knows no other.

    `doing`: what is under way, for whoever has to say where it stopped.
    """

    name: str
    ann: tuple[str, ...]
    bob: tuple[str, ...]
    page: str | None  # None: the stamp that is given first serves one itself
    doing: str = field(default="waiting", compare=False)

    @property
    def apis(self) -> tuple[str, ...]:
        """Of the stamps that somebody is given."""
        return tuple(dict.fromkeys(self.ann + self.bob))

    def page_of(self, backends: Sequence[str]) -> str:
        """Where somebody who is given these finds the page."""
        return (self.page or backends[0].removesuffix("/api")).rstrip("/") + "/"


def trials(apis: Sequence[str], page: str | None) -> list[Trial]:
    """Through each stamp alone; and, where there are several, across them with each taken away.

    Two who have no stamp in common cannot meet. So across them Ann is given all stamps, and Bob is
    not given one of them: once each.
    """
    alone = [Trial(host(api), (api,), (api,), page) for api in apis]
    if len(apis) < 2:
        return alone
    across = []
    for away in apis:
        left = tuple(api for api in apis if api != away)
        across.append(Trial(f"across, without {host(away)}", tuple(apis), left, page))
    return alone + across
