"""What urllib3 writes into its log is written without paths and queries, at every level.

They hold keys of TURN vendors, a shared access signature of storage, the names of secrets, and
who is in which room. urllib3 writes the URL of every call at DEBUG, of some failures at WARNING.
"""

import logging
import re

# Those of its loggers that write of URLs (urllib3 2).
LOGGERS = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.util.retry",
)
# Behind a host, or by itself, to the next space: a path may hold quotes. Not that of `HTTP/1.1`.
_PATH = re.compile(r"""(://[^/?#\s'"]+)[/?#]\S*|(?<![A-Za-z0-9:/])/\S+""")


def hide_paths() -> None:
    """Whoever makes a client of urllib3 calls this first. To call it again changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(without_paths)


def without_paths(record: logging.LogRecord) -> bool:
    """A filter: the record stays, without any path and query in its text."""
    record.msg, record.args = without(record.getMessage()), ()
    return True


def without(text: str) -> str:
    """The text with `/…` in place of every path, and of every URL only the host."""
    return _PATH.sub(lambda found: f"{found[1] or ''}/…", text)
