"""The statistics page in a real browser, answered by an example instead of the backend."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from lab.stack import Stack
from tests.e2e.room import until

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

PLOTS = ("calls", "connect", "paths", "success", "cost")
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
}
# What web/README.md tells a host to send, and no script that makes markup from text.
CSP = (
    "default-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
NOTHING = {"calls": None, "peers": None}


def answer(days: int = 30, **change: Any) -> dict[str, Any]:
    """What `GET /api/stats` says of a busy month: docs/protocol.md."""
    now = datetime.now(UTC)
    times = {"admit": 90, "signal": 85, "ice": 130, "dtls": 48, "open": 22, "total": 412}
    return {
        "days": days,
        "k": 10,
        "asOf": int(now.timestamp() * 1000),
        "demo": False,
        "latest": {"day": f"{now:%Y-%m-%d}", "calls": 1234, "peers": 2500},
        "total": {"calls": 40_000, "peers": 81_000},
        "success": 0.961,
        "phases": {name: {"p50": ms, "p95": 4 * ms} for name, ms in times.items()},
        "candidateTypes": [
            {"candidateType": "srflx", "transport": "udp", "share": 0.86},
            {"candidateType": "relay", "transport": "udp", "share": 0.14},
        ],
        "browsers": [],
        "failures": [{"outcome": "failed-ice", "count": 92}],
        "relayBytes": 42_000_000_000,
        "bytes": 230_000_000_000,
        "cost": {"per1000": 0.1432, "currency": "USD", "asOf": "2026-01-01"},
        "daily": [day(now - timedelta(days=back), 100 + back) for back in range(days)],
        **change,
    }


def day(at: datetime, calls: int) -> dict[str, Any]:
    return {
        "day": at.date().isoformat(),
        "calls": calls,
        "peers": 2 * calls,
        "success": 0.97,
        "p50": 405,
        "p95": 1605,
        "phases": {"admit": 91, "signal": 86, "ice": 131, "dtls": 49, "open": 23},
        "candidateTypes": {"host": 0.1, "srflx": 0.7, "prflx": None, "relay": 0.2},
        "relayBytes": 10**9,
        "cost": 0.05,
    }


def nobody(days: int) -> dict[str, Any]:
    return answer(
        days,
        latest={"day": f"{datetime.now(UTC):%Y-%m-%d}", **NOTHING},
        total=NOTHING,
        success=None,
        phases={},
        candidateTypes=[],
        failures=[],
        relayBytes=None,
        bytes=None,
        cost=None,
        daily=[],
    )


class Backend:
    """Answers `/api/stats` by `summary`; None: with 503. Holds what was asked."""

    def __init__(self, summary: Callable[[int], dict[str, Any]] | None) -> None:
        self.summary = summary
        self.asked: list[Request] = []

    def handle(self, route: Route) -> None:
        self.asked.append(route.request)
        if self.summary is None:
            route.fulfill(status=503, json={"error": {"code": "unavailable", "message": "Away."}})
            return
        days = int(parse_qs(urlsplit(route.request.url).query)["days"][0])
        tag = f'"{days}"'
        if route.request.headers.get("if-none-match") == tag:
            route.fulfill(status=304)
        else:
            route.fulfill(json=self.summary(days), headers={"etag": tag})


def visit(window: Open, backend: Backend, path: str = "/stats/", **options: Any) -> Page:
    """The page at `path`, from the real stack and under the strict policy."""
    page = window("/favicon.svg", locale="en-GB", **options)
    page.route("**/api/stats?*", backend.handle)
    page.route(lambda url: urlsplit(url).path == urlsplit(path).path, under_policy)
    page.add_init_script(
        "window.refused = [];"
        "addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective));"
        "window.asked = () => performance.getEntriesByType('resource').map((e) => e.name);"
    )
    page.goto(page.url.replace("/favicon.svg", path))
    return page


def under_policy(route: Route) -> None:
    found = route.fetch()
    route.fulfill(response=found, headers={**found.headers, "content-security-policy": CSP})


def draw_all(page: Page) -> None:
    """Scroll to every plot: each is drawn when it comes into view."""
    for name in PLOTS:
        plot = page.get_by_test_id(f"plot-{name}")
        plot.scroll_into_view_if_needed()
        expect(plot.get_by_role("img")).to_be_visible()


def drawn(page: Page, name: str) -> bool:
    """Something is in the middle of the canvas that is not paper."""
    script = """(canvas) => {
        const { width, height } = canvas;
        const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
        return pixels.filter((value, at) => at % 4 === 3 && value > 0).length > 500;
    }"""
    canvas = page.get_by_test_id(f"plot-{name}").get_by_role("img")
    return bool(canvas.evaluate(script))


def test_the_page_shows_the_figures_and_draws_every_plot(window: Open) -> None:
    page = visit(window, Backend(answer))
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")
    expect(page.get_by_test_id("stat-success")).to_have_text("96.1%")
    expect(page.get_by_test_id("stat-connect")).to_have_text("412\u00a0ms")
    expect(page.get_by_test_id("stat-relayed")).to_have_text("14%")
    expect(page.get_by_test_id("stat-cost")).to_have_text("$0.14")
    expect(page.get_by_text("40,000 calls and 81,000 people in all")).to_be_visible()
    expect(page.get_by_test_id("demo")).to_be_hidden()
    draw_all(page)
    assert [name for name in PLOTS if not drawn(page, name)] == []


def test_the_strict_policy_holds_and_nothing_comes_from_elsewhere(
    whole_window: Open, stack: Stack
) -> None:
    page = visit(whole_window, Backend(answer))
    draw_all(page)
    assert page.evaluate("refused") == []
    kinds = {url.rpartition(".")[2] for url in page.evaluate("asked()")}
    assert {"js", "css", "svg"} <= kinds
    assert [url for url in page.evaluate("asked()") if not url.startswith(stack.page)] == []


def test_the_table_behind_each_plot_holds_its_numbers(window: Open) -> None:
    page = visit(window, Backend(answer))
    rows = {
        "calls": ["100", "200"],
        "connect": ["1.6\u00a0s", "405\u00a0ms", *(f"{n}\u00a0ms" for n in (91, 86, 131, 49, 23))],
        "paths": ["10%", "70%", "fewer than 10", "20%"],
        "success": ["97%"],
        "cost": ["$0.50", "$0.050"],
    }
    for name, cells in rows.items():
        plot = page.get_by_test_id(f"plot-{name}")
        plot.get_by_text("Show the numbers").click()
        table = plot.get_by_role("table")
        expect(table.locator("caption")).not_to_be_empty()
        expect(table.locator("tbody th[scope=row]")).to_have_count(30)
        today = table.locator("tbody tr").first
        expect(today.locator("th")).to_contain_text("so far")
        expect(today.locator("td")).to_have_text(cells)
        expect(table.locator("thead th[scope=col]")).to_have_count(len(cells) + 1)


def test_a_range_is_asked_for_shown_and_in_the_address(window: Open) -> None:
    backend = Backend(answer)
    page = visit(window, backend)
    expect(page.get_by_test_id("range-30")).to_have_attribute("aria-current", "true")
    page.get_by_test_id("plot-calls").get_by_text("Show the numbers").click()
    rows = page.get_by_test_id("plot-calls").locator("tbody tr")
    for days, count in ((7, 7), (90, 90), (365, 52)):  # a year is shown in weeks
        page.get_by_test_id(f"range-{days}").click()
        expect(page.get_by_test_id(f"range-{days}")).to_have_attribute("aria-current", "true")
        expect(rows).to_have_count(count)
        assert page.url.endswith(f"/stats/?days={days}")
    page.go_back()
    expect(rows).to_have_count(90)
    page.reload()
    expect(page.get_by_test_id("range-90")).to_have_attribute("aria-current", "true")
    # It is asked again by the tag of what is kept.
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")
    assert backend.asked[-1].headers["if-none-match"] == '"90"'


def test_arrow_keys_read_a_plot(window: Open) -> None:
    page = visit(window, Backend(answer))
    plot = page.get_by_test_id("plot-calls")
    plot.get_by_role("img").focus()
    page.keyboard.press("End")
    expect(plot.get_by_role("status")).to_contain_text("so far: Calls 100, People 200")
    page.keyboard.press("ArrowLeft")
    expect(plot.get_by_role("status")).to_contain_text("Calls 101, People 202")
    page.keyboard.press("Escape")
    expect(plot.get_by_role("status")).to_be_empty()


def test_nobody_has_called_yet(window: Open) -> None:
    page = visit(window, Backend(nobody))
    expect(page.get_by_test_id("state-empty")).to_contain_text("No calls yet")
    expect(page.get_by_test_id("stat-calls")).to_be_hidden()


def test_too_few_have_called_and_the_page_says_why_it_shows_nothing(window: Open) -> None:
    def few(days: int) -> dict[str, Any]:
        return {**nobody(days), "daily": [{"day": "2026-01-01", **NOTHING}]}

    page = visit(window, Backend(few))
    expect(page.get_by_test_id("state-empty")).to_contain_text("fewer than 10 calls")


def test_an_outage_is_said_and_ends_by_trying_again(window: Open) -> None:
    backend = Backend(None)
    page = visit(window, backend)
    expect(page.get_by_test_id("state-error")).to_be_visible()
    expect(page.get_by_test_id("stat-calls")).to_be_hidden()
    backend.summary = answer
    page.get_by_test_id("retry").click()
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")
    expect(page.get_by_test_id("state-error")).to_have_count(0)


def test_an_outage_leaves_the_last_answer_and_its_age(window: Open) -> None:
    backend = Backend(answer)
    page = visit(window, backend)
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")
    backend.summary = None
    page.reload()
    expect(page.get_by_test_id("state-error")).to_contain_text("the last ones we got")
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")


def test_junk_is_an_outage(window: Open) -> None:
    page = visit(window, Backend(lambda days: answer(days, success="<b>all</b>")))
    expect(page.get_by_test_id("state-error")).to_be_visible()


def test_demonstration_data_is_marked(window: Open) -> None:
    page = visit(window, Backend(lambda days: answer(days, demo=True)))
    expect(page.get_by_test_id("demo")).to_contain_text("Demonstration data")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(window: Open, scheme: str) -> None:
    page = visit(window, Backend(answer), color_scheme=scheme, **PHONE)
    draw_all(page)
    page.get_by_test_id("plot-connect").get_by_text("Show the numbers").click()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_nothing_moves_when_the_answer_comes(window: Open) -> None:
    held: list[Route] = []
    page = window("/favicon.svg", locale="en-GB")
    page.route("**/api/stats?*", lambda route: held.append(route))
    page.goto(page.url.replace("/favicon.svg", "/stats/"))
    tops = "() => [...document.querySelectorAll('.card')].map((card) => card.offsetTop)"
    expect(page.get_by_test_id("plot-cost")).to_be_attached()
    page.wait_for_function("() => document.querySelector('.when').textContent === 'Asking…'")
    before = page.evaluate(tops)
    until(lambda: held, page)
    held[0].fulfill(json=answer())
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")
    draw_all(page)
    assert page.evaluate(tops) == before


def released(days: int) -> dict[str, Any]:
    """Of a stamp whose figures have noise: days that are over."""
    said, over = answer(days), f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    daily = [day for day in said["daily"] if day["day"] <= over]
    return {**said, "daily": daily, "latest": {"day": over, "calls": 90, "peers": None}}


def test_where_today_is_not_shown_the_newest_day_is_named(window: Open) -> None:
    page = visit(window, Backend(released), "/stats/")
    expect(page.get_by_test_id("stat-calls")).to_have_text("90")
    label = page.locator(".figure-calls dt")
    expect(label).to_have_text(re.compile(r"^Calls on .+\d{4}"))
    page.goto(page.url.replace("stats/", ""))
    expect(page.get_by_test_id("stats-link")).to_be_visible()
    expect(page.get_by_test_id("today")).to_be_hidden()


def test_the_start_screen_says_how_many_calls_there_were_today(window: Open) -> None:
    page = visit(window, Backend(answer), "/")
    expect(page.get_by_test_id("today")).to_have_text("1,234 calls today")
    page.get_by_test_id("name-input").fill("Ann")
    page.get_by_test_id("stats-link").click()
    expect(page.get_by_test_id("stat-calls")).to_have_text("1,234")
    page.get_by_role("link", name="Heliograph").click()
    expect(page.get_by_test_id("today")).to_be_visible()


@pytest.mark.parametrize("summary", [None, nobody])
def test_the_start_screen_is_silent_about_calls_it_does_not_know(
    window: Open, summary: Callable[[int], dict[str, Any]] | None
) -> None:
    backend = Backend(summary)
    with_answer = visit(window, backend, "/")
    with_answer.wait_for_load_state("networkidle")
    assert backend.asked
    expect(with_answer.get_by_test_id("today")).to_be_hidden()
    expect(with_answer.get_by_test_id("error")).to_have_count(0)
