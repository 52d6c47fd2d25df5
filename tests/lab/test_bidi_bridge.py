"""What the bridge between Playwright and Firefox passes on, and what it makes of the rest."""

from pathlib import Path
from typing import Any

import pytest

from lab.bidi_bridge import BEGUN, CREATED, ENDED, OVERRIDE, OWN_IDS, Translation, put_in_place

type Message = dict[str, Any]


@pytest.fixture
def bridge() -> Translation:
    """Of a session that has begun, with Firefox's own window `chrome`."""
    bridge = Translation()
    assert bridge.from_playwright({"id": 1, "method": "session.new", "params": {}}) == (
        [{"id": 1, "method": "session.new", "params": {}}],
        [],
    )
    begun = {"type": "success", "id": 1, "result": {"sessionId": "s"}}
    ask = {"method": "browsingContext.getTree", "params": {"moz:scope": "chrome"}}
    assert bridge.from_firefox(begun) == ([{"id": OWN_IDS, **ask}], [])
    windows = {"contexts": [{"context": "chrome"}, {"context": "another"}]}
    answer = {"type": "success", "id": OWN_IDS, "result": windows}
    assert bridge.from_firefox(answer) == ([], [begun])
    return bridge


def override(number: int, scheme: str | None, **where: list[str]) -> Message:
    params = {"features": {"prefers-color-scheme": scheme}, **where}
    return {"id": number, "method": OVERRIDE, "params": params}


def created(context: str, user: str, parent: str | None = None) -> Message:
    params = {"context": context, "userContext": user, "parent": parent, "url": "about:blank"}
    return {"type": "event", "method": CREATED, "params": params}


def said_to_firefox(messages: list[Message]) -> list[tuple[int, str, list[str]]]:
    """Of each script: its id, where it runs, and its arguments."""
    return [
        (
            message["id"],
            message["params"]["target"]["context"],
            [each["value"] for each in message["params"]["arguments"]],
        )
        for message in messages
        if message["method"] == "script.callFunction"
    ]


def test_what_it_does_not_know_passes_as_it_came(bridge: Translation) -> None:
    command = {"id": 2, "method": "script.evaluate", "params": {"expression": "1"}}
    answer = {"type": "error", "id": 2, "error": "no such frame", "message": ""}
    assert bridge.from_playwright(command) == ([command], [])
    assert bridge.from_firefox(answer) == ([], [answer])


def test_each_new_window_of_a_user_gets_its_scheme_before_playwright_hears_of_it(
    bridge: Translation,
) -> None:
    taken = {"type": "success", "id": 3, "result": {}}
    assert bridge.from_playwright(override(3, "dark", userContexts=["u"])) == ([], [taken])
    to_firefox, to_playwright = bridge.from_firefox(created("c1", "u"))
    assert said_to_firefox(to_firefox) == [(OWN_IDS + 1, "chrome", ["c1", "dark"])]
    assert to_playwright == [created("c1", "u")]
    assert bridge.from_firefox({"type": "success", "id": OWN_IDS + 1, "result": {}}) == ([], [])
    for other in (created("c2", "another"), created("frame", "u", parent="c1")):
        assert bridge.from_firefox(other) == ([], [other])


def test_the_scheme_of_a_page_is_changed_by_a_script_with_playwrights_own_id(
    bridge: Translation,
) -> None:
    to_firefox, to_playwright = bridge.from_playwright(override(4, None, contexts=["c1", "c2"]))
    assert said_to_firefox(to_firefox) == [(4, "chrome", ["c1 c2", "none"])]
    assert to_playwright == []
    done = {"type": "success", "id": 4, "result": {"type": "success"}}
    assert bridge.from_firefox(done) == ([], [done])


def test_a_script_that_throws_is_a_command_that_has_failed(
    bridge: Translation, capsys: pytest.CaptureFixture[str]
) -> None:
    thrown = {"type": "exception", "exceptionDetails": {"text": "TypeError: null"}}
    bridge.from_playwright(override(5, "light", contexts=["gone"]))
    [failed] = bridge.from_firefox({"type": "success", "id": 5, "result": thrown})[1]
    assert (failed["type"], failed["id"], failed["message"]) == ("error", 5, "TypeError: null")
    assert bridge.from_firefox({"type": "success", "id": OWN_IDS + 9, "result": thrown}) == ([], [])
    assert "TypeError: null" in capsys.readouterr().err


def test_a_download_that_a_page_has_made_has_one_id_from_beginning_to_end(
    bridge: Translation,
) -> None:
    which = {"context": "c1", "navigation": None, "url": "blob:x"}
    begun = {"method": BEGUN, "params": {**which, "suggestedFilename": "a.txt"}}
    ended = {"method": ENDED, "params": {**which, "status": "complete", "filepath": "/a(1).txt"}}
    for _ in range(2):
        [[first], [last]] = [bridge.from_firefox(each)[1] for each in (begun, ended)]
        assert first["params"]["download"] == last["params"]["download"] == "c1 blob:x"
        assert last["params"]["suggestedFilename"] == "a.txt"
    navigated = {**which, "navigation": "n", "suggestedFilename": "b.txt"}
    [said] = bridge.from_firefox({"method": BEGUN, "params": navigated})[1]
    assert said["params"]["download"] == "n"


def test_the_newest_file_has_the_name_that_the_page_gave_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "a(1).txt").write_text("new")
    params = {"filepath": str(tmp_path / "a(1).txt"), "suggestedFilename": "a.txt"}
    put_in_place({"method": ENDED, "params": params})
    assert (tmp_path / "a.txt").read_text() == "new"
    put_in_place({"method": ENDED, "params": {"status": "canceled", "suggestedFilename": "a.txt"}})
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
