"""The page under the headers that Azure will send: everything of ours works, nothing else does."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from lab.chromium import executable, flags
from lab.stack import Stack
from scripts.deployment import NotADeployment, read
from scripts.page_config import backends, origins, site_config, write
from tests.e2e.room import expect_direct, expect_heard, say

ROOT = Path(__file__).resolve().parents[2]
# What `terraform output -json` says of each state.
OUTPUTS: dict[str, dict[str, object]] = {
    "shared": {
        "resource_group": "rg-heliograph-prod",
        "static_web_app_name": "stapp-heliograph-prod",
        "static_web_app_url": "https://page.example",
        "sql_server": "sql-heliograph-prod",
        "sql_database": "heliograph",
        "sql_connection": "Server=tcp:sql.example,1433;Database=heliograph",
    },
    **{
        name: {
            "deployed": {
                "function_app": f"func-{name}",
                "function_app_id": f"/subscriptions/s/resourceGroups/rg-{name}/sites/func-{name}",
                "resource_group": f"rg-{name}",
                "signalr": f"sigr-{name}",
                "signalr_host": f"sigr-{name}.service.signalr.net",
                "key_vault": f"kv{name}",
                "api_url": f"https://func-{name}.azurewebsites.net/api",
                "upstream_secret_name": "signalr-upstream-code",
                "signalr_secret_name": "",
                "identity": f"id-{name}",
                "identity_client_id": "00000000-0000-0000-0000-000000000000",
            }
        }
        for name in ("weu", "sdc")
    },
}


def write_outputs(folder: Path, outputs: Mapping[str, Mapping[str, object]]) -> Path:
    """As `scripts/infra outputs` does: a file for each state."""
    folder.mkdir(exist_ok=True)
    for state, values in outputs.items():
        said = {name: {"sensitive": False, "value": value} for name, value in values.items()}
        (folder / f"{state}.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    return write_outputs(tmp_path / "outputs", OUTPUTS)


def test_the_policy_lets_in_the_stamps_and_nobody_else(outputs: Path) -> None:
    policy = str(site_config(origins(read(outputs)))["globalHeaders"])
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["connect-src"].split() == [
        "'self'",
        "https://func-sdc.azurewebsites.net",
        "https://sigr-sdc.service.signalr.net",
        "wss://sigr-sdc.service.signalr.net",
        "https://func-weu.azurewebsites.net",
        "https://sigr-weu.service.signalr.net",
        "wss://sigr-weu.service.signalr.net",
    ]
    assert "*" not in policy and "unsafe" not in policy and "data:" not in policy


def test_what_is_in_git_lets_nobody_in() -> None:
    headers = json.loads((ROOT / "web" / "staticwebapp.config.json").read_text())["globalHeaders"]
    assert "connect-src 'self';" in headers["Content-Security-Policy"]


def test_the_page_learns_every_backend(outputs: Path) -> None:
    assert backends(read(outputs)) == [
        "https://func-sdc.azurewebsites.net/api",
        "https://func-weu.azurewebsites.net/api",
    ]


@pytest.mark.parametrize("bad", ["https://x.example; script-src *", "https://*", "x", "'self'"])
def test_what_is_more_than_an_origin_never_gets_into_the_policy(bad: str) -> None:
    with pytest.raises(NotADeployment):
        site_config([bad])


def copied(page: Path) -> Path:
    """The HTML that the build starts from, in a folder."""
    for name in ("index.html", "stats/index.html"):
        (page / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "web" / name, page / name)
    return page


def command(outputs: Path, page: Path) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "scripts.page_config", str(outputs), str(page)]
    return subprocess.run(run, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("times", [1, 2])
def test_the_command_writes_the_stamps_into_policy_and_pages(
    times: int, outputs: Path, tmp_path: Path
) -> None:
    page = copied(tmp_path / "page")
    for _ in range(times):
        assert command(outputs, page).returncode == 0
    assert "sigr-sdc" in (page / "staticwebapp.config.json").read_text()
    for name in ("index.html", "stats/index.html"):
        html = (page / name).read_text()
        assert html.count("func-sdc") == html.count("func-weu") == 2
        for stamp in ("sdc", "weu"):
            functions = f"https://func-{stamp}.azurewebsites.net"
            signalr = f"https://sigr-{stamp}.service.signalr.net"
            assert f'"{functions}/api"' in html
            assert f'<link rel="preconnect" href="{functions}" crossorigin>' in html
            assert f'<link rel="dns-prefetch" href="{signalr}">' in html


def test_a_page_without_its_configuration_is_not_deployed(outputs: Path, tmp_path: Path) -> None:
    page = copied(tmp_path / "page")
    (page / "stats" / "index.html").write_text("<p>another page</p>")
    before = (page / "index.html").read_text()
    done = command(outputs, page)
    assert done.returncode == 1 and "does not hold one configuration" in done.stderr
    assert (page / "index.html").read_text() == before
    assert not (page / "staticwebapp.config.json").exists()


class StaticWebApp(SimpleHTTPRequestHandler):
    """As much of Azure Static Web Apps as our configuration uses: headers, routes, 404.

    A route counts with and without a slash at its end, so `/x` that redirects to `/x/` is a loop
    (https://github.com/Azure/static-web-apps/issues/1212).
    """

    site: dict[str, Any]

    def end_headers(self) -> None:
        for name, value in self.site["globalHeaders"].items():
            self.send_header(name, value)
        super().end_headers()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        for rule in self.site["routes"]:
            if rule["route"].rstrip("/") == path.rstrip("/") != "":
                if "redirect" in rule:
                    return self.redirect(rule.get("statusCode", 302), rule["redirect"])
                self.path = rule.get("rewrite", self.path)
        if Path(self.translate_path(self.path)).exists():
            super().do_GET()
        else:
            override = self.site["responseOverrides"]["404"]
            self.rewrite(404, Path(self.translate_path(override["rewrite"])).read_bytes())

    def rewrite(self, status: int, html: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(html)))
        self.end_headers()
        self.wfile.write(html)

    def redirect(self, status: int, target: str) -> None:
        self.send_response(status)
        self.send_header("Location", target)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[tuple[str, Stack]]:
    """The built page, at an origin of its own, and the built package as its stamp."""
    folder = tmp_path_factory.mktemp("site")
    page, app = folder / "page", folder / "app"
    shutil.copytree(ROOT / "web" / "dist", page)
    shutil.copytree(package, app)
    with ThreadingHTTPServer(("localhost", 0), partial(StaticWebApp, directory=page)) as server:
        url = f"http://localhost:{server.server_port}"
        cors = {"Host": {"CORS": url, "CORSCredentials": True}}
        (app / "local.settings.json").write_text(json.dumps(cors))
        with Packaged(folder / "log", app) as stack:
            signalr = [stack.signalr, stack.signalr.replace("http", "ws")]
            let_in = [stack.api.removesuffix("/api"), *signalr]
            write(page, [stack.api], let_in)
            StaticWebApp.site = json.loads((page / "staticwebapp.config.json").read_text())
            Thread(target=server.serve_forever, daemon=True).start()
            yield url, stack
            server.shutdown()


class Packaged(Stack):
    """The local stack with another app than the one in the working tree."""

    def __init__(self, log: Path, app: Path) -> None:
        super().__init__(log)
        self.command = [*self.command, "--app", str(app)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=flags())
        yield browser
        browser.close()


REPORT = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[tuple[BrowserContext, list[str]]]:
    """A browser's windows, and every error that any of them tells."""
    said: list[str] = []
    context = browser.new_context()
    context.set_default_timeout(15_000)
    context.add_init_script(REPORT)
    context.on("console", lambda line: said.append(_error(line)) if line.type == "error" else None)
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield context, said
    context.close()


def _error(line: ConsoleMessage) -> str:
    """With the path that it is about; its query may hold a token."""
    return f"{line.text} {urlsplit(line.location['url']).path}"


@pytest.mark.browser
def test_two_meet_under_the_policy(
    site: tuple[str, Stack], context: tuple[BrowserContext, list[str]]
) -> None:
    windows, said = context
    ann, bob = (person(windows, site[0], name) for name in ("Ann", "Bob"))
    expect_direct(ann, "Bob")
    expect_direct(bob, "Ann")
    say(ann, "hello under the policy")
    expect_heard(bob, "hello under the policy")
    assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("address", ["/stats", "/stats/"])
def test_statistics_are_shown_under_the_policy(
    address: str, site: tuple[str, Stack], context: tuple[BrowserContext, list[str]]
) -> None:
    windows, said = context
    page = windows.new_page()
    with page.expect_response(lambda answer: "/api/stats" in answer.url) as asked:
        page.goto(f"{site[0]}{address}")
    assert asked.value.ok
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    assert page.url == f"{site[0]}{address}"
    assert said == []


def test_no_route_leads_to_itself() -> None:
    """Azure takes a route with and without a slash at its end for the same."""
    site = json.loads((ROOT / "web" / "staticwebapp.config.json").read_text())
    for rule in site["routes"]:
        assert rule["route"].rstrip("/") != rule.get("redirect", "").rstrip("/")
    names = [rule["route"].rstrip("/") for rule in site["routes"]]
    assert len(names) == len(set(names))


@pytest.mark.browser
def test_a_strange_path_leads_to_the_start(
    site: tuple[str, Stack], context: tuple[BrowserContext, list[str]]
) -> None:
    page = context[0].new_page()
    page.goto(f"{site[0]}/no/such/page")
    page.get_by_test_id("join").wait_for()
    assert page.url == f"{site[0]}/"


# A mail program has written %23 for the #, and perhaps more.
@pytest.mark.browser
@pytest.mark.parametrize("way", ["/%23~", "/%23%7E", "/app/%23%7e", "/%2523%257E"])
def test_a_code_that_became_a_path_leads_into_its_room(
    way: str, site: tuple[str, Stack], context: tuple[BrowserContext, list[str]]
) -> None:
    url, stack = site
    code = requests.post(f"{stack.api}/rooms", json={}, timeout=10).json()["invite"]
    page = context[0].new_page()
    page.goto(f"{url}{way}{code.removeprefix('~')}")
    page.get_by_test_id("name-input").fill("Ann")
    page.get_by_test_id("join").click()
    page.get_by_test_id("chat-input").wait_for()
    assert urlsplit(page.url).path == "/"


@pytest.mark.browser
def test_nobody_else_can_be_called_and_no_markup_written(
    site: tuple[str, Stack], context: tuple[BrowserContext, list[str]]
) -> None:
    windows, said = context
    page = windows.new_page()
    page.goto(site[0])
    blocked = "() => fetch('http://127.0.0.1:9/').then(() => 'came', () => 'blocked')"
    assert page.evaluate(blocked) == "blocked"
    with pytest.raises(Exception, match="TrustedHTML"):
        page.evaluate("() => { document.body.innerHTML = '<b>x</b>' }")
    assert any("connect-src" in line for line in said)


def person(windows: BrowserContext, url: str, name: str) -> Page:
    page = windows.new_page()
    page.goto(f"{url}/?room=policy&name={name}")
    return page
