"""Pages under the headers that Azure sends, with the local stack in place of the stamps."""

import json
from pathlib import Path

from playwright.sync_api import Page, Route

from lab.stack import Stack
from tests.e2e.browsers import IN_FIREFOX

CONFIG = Path(__file__).resolve().parents[2] / "web" / "staticwebapp.config.json"
REPORT = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) =>
  refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


def policy(stack: Stack) -> str:
    """The Content Security Policy of the page."""
    ours: str = json.loads(CONFIG.read_text())["globalHeaders"]["Content-Security-Policy"]
    signalr = f"{stack.signalr} {stack.signalr.replace('http', 'ws')}"
    return ours.replace("connect-src 'self'", f"connect-src 'self' {signalr}")


def put_under_policy(page: Page, stack: Stack) -> None:
    """Every document that the page loads from now on comes with the policy."""

    def with_policy(route: Route) -> None:
        if route.request.resource_type != "document":
            return route.fallback()
        found = route.fetch()
        headers = {**found.headers, "content-security-policy": policy(stack)}
        return route.fulfill(response=found, headers=headers)

    if not IN_FIREFOX:
        # Chromium would keep a document that Playwright hands over away from this machine.
        page.context.grant_permissions(["local-network-access"])
    page.route("**/*", with_policy)
    page.add_init_script(REPORT)


def refused(page: Page) -> list[str]:
    """What the policy has stopped in this document."""
    found: list[str] = page.evaluate("window.refused")
    return found
