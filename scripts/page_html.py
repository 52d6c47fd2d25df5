"""What the HTML of the page says of the stamps: their API, and where to open a connection. Pure.

It stands in the HTML and not in a file of its own, which a browser could ask for only when it has
the page: a round trip before the first call.
"""

import json
import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

# What the build writes, and what this module writes: to write it again changes nothing else.
_CONFIG = re.compile(
    r'<script type="application/json" id="config">[^<]*</script>'
    r'(\s*<link rel="(?:preconnect|dns-prefetch)" [^>]*>)*'
)


class NotThePage(Exception):
    """The text is not the HTML of a page that was built: it has no configuration, or several."""


def configured(html: str, backends: Sequence[str], sockets: Sequence[str] = ()) -> str:
    """The page's HTML with these backends in it. Raises NotThePage.

    `backends`: the URL of each stamp's API. `sockets`: the origin of each stamp's SignalR.

    A browser opens a connection to each backend while it loads the script (preconnect). Calls to
    another origin go without credentials, and so on a connection of their own: `crossorigin`
    (Fetch, "connection pools"). A WebSocket takes no connection that is open, so for SignalR only
    the name is looked up.
    """
    if len(_CONFIG.findall(html)) != 1:
        raise NotThePage("the HTML does not hold one configuration")
    # No end tag can be in it (HTML, "restrictions for contents of script elements").
    told = json.dumps({"backends": list(backends)}).replace("<", r"\u003c")
    lines = [f'<script type="application/json" id="config">{told}</script>']
    lines += [_link("preconnect", origin, " crossorigin") for origin in _origins(backends)]
    lines += [_link("dns-prefetch", origin) for origin in _origins(sockets)]
    return _CONFIG.sub(lambda _: "\n    ".join(lines), html)


def _origins(urls: Sequence[str]) -> list[str]:
    """Each once. A URL without a host is the page's own, to which a connection is open."""
    parts = [urlsplit(url) for url in urls]
    return list(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts if one.netloc))


def _link(what: str, origin: str, more: str = "") -> str:
    return f'<link rel="{what}" href="{escape(origin)}"{more}>'
