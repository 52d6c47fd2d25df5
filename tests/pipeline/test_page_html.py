"""What a deployment writes into the HTML of the page."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.page_html import NotThePage, configured

CONFIG = '<script type="application/json" id="config">{ "backends": ["/api"] }</script>'
HTML = f"<head>\n    {CONFIG}\n    <title>page</title>\n</head>"


def told(html: str) -> object:
    """What a browser finds: the text up to the first end tag."""
    found = re.search(r'id="config">(.*?)</script', html, re.S)
    assert found
    return json.loads(found[1])


@given(st.lists(st.text()))
def test_the_page_reads_what_was_written_whatever_it_is(backends: list[str]) -> None:
    try:
        html = configured(HTML, backends)
    except ValueError:  # no URL, as urlsplit says
        return
    assert told(html) == {"backends": backends}
    assert html.startswith("<head>\n    <script") and html.endswith("<title>page</title>\n</head>")


def test_an_origin_is_connected_to_once_and_its_own_not_at_all() -> None:
    backends = ["/api", "https://a.example/api", "https://a.example/other", "https://b.example/api"]
    links = re.findall("<link[^>]*>", configured(HTML, backends))
    assert links == [
        '<link rel="preconnect" href="https://a.example" crossorigin>',
        '<link rel="preconnect" href="https://b.example" crossorigin>',
    ]


def test_no_tag_can_be_written_into_the_page() -> None:
    html = configured(HTML, ['https://x"><script>alert(1)</script>/api'])
    assert html.count("<script") == html.count("</script>") == 1
    assert html.count("<link") == 1 and 'href="https://x&quot;&gt;&lt;script' in html


def test_to_write_it_again_leaves_nothing_of_before() -> None:
    once = configured(HTML, ["https://a.example/api"], ["https://s.example"])
    again = configured(once, ["https://b.example/api"])
    assert again == configured(HTML, ["https://b.example/api"])


@pytest.mark.parametrize("html", ["", "<p>another page</p>", HTML + CONFIG])
def test_a_page_with_no_configuration_or_two_is_refused(html: str) -> None:
    with pytest.raises(NotThePage):
        configured(html, ["/api"])
