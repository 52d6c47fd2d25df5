"""What leaves a page for the servers, as the page itself sees it: BiDi tells nothing of sockets."""

from playwright.sync_api import Page

# `leaving.sockets`: the URLs of all that were made. `leaving.sent`: each message to a hub (of the
# records of a frame those with `"type":1`; handshake and pings are none) and `POST /api/signal`.
WATCH = r"""
window.leaving = { sockets: [], sent: [] };
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    leaving.sockets.push(String(given[0]));
  }
  send(data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    for (const one of text.split("\x1e")) if (one.includes('"type":1')) leaving.sent.push("hub");
    super.send(data);
  }
};
{
  const fetched = window.fetch;
  window.fetch = (url, init) => {
    if (String(url).endsWith("/signal"))
      leaving.sent.push(`http ${JSON.parse(String(init.body)).kind}`);
    return fetched(url, init);
  };
}
"""


def sent(page: Page) -> list[str]:
    """The messages that have left this document."""
    found: list[str] = page.evaluate("leaving.sent")
    return found


def sockets(page: Page) -> int:
    """How many were made in this document."""
    return int(page.evaluate("leaving.sockets.length"))
