"""A Firefox without a window, driven by WebDriver BiDi (W3C), which it speaks by itself.

async with firefox() as browser:
    tab = await browser.open("http://127.0.0.1:7071/")
    await tab.evaluate("(name) => document.title + name", "x")
"""

import asyncio
import itertools
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from local.ending import end

NAMES = ("firefox-esr", "firefox")
# A busy machine is slow to run what a page does when it is closed; Firefox would end that.
PATIENT: Mapping[str, bool] = {"dom.ipc.cancel_content_js_when_navigating": False}
FOR_PLAYWRIGHT = Path(__file__).resolve().parent.parent / "scripts" / "firefox-for-playwright"
START_SECONDS = 60.0
CALL_SECONDS = 60.0
STOP_SECONDS = 10.0
READY = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
MAX_MESSAGE_BYTES = 64 * 1_048_576
PREFERENCES: Mapping[str, bool | int | str] = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    # Devices that are none, and no question about them.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    # Both browsers are on this machine, and nothing here resolves names of mDNS.
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.peerconnection.ice.loopback": True,
}


class BidiError(Exception):
    """Firefox refused a command, or the script threw. The text says what."""


def executable() -> str | None:
    """FIREFOX, or the system's."""
    return os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, NAMES)), None)


def for_playwright(preferences: Mapping[str, bool | int | str]) -> dict[str, Any]:
    """What `playwright.firefox.launch` takes for this Firefox: with `preferences` beside ours."""
    return {
        "channel": "moz-firefox",
        "executable_path": FOR_PLAYWRIGHT,
        "firefox_user_prefs": {**PREFERENCES, **PATIENT, **preferences},
    }


class Tab:
    """A window with one page."""

    def __init__(self, browser: "Firefox", context: str) -> None:
        self._browser = browser
        self._context = context

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        """What the function answers, or what its promise resolves with, as JSON.

        Raises BidiError if it throws.
        """
        declared = f"async (json) => JSON.stringify((await ({function})(JSON.parse(json))) ?? null)"
        said = await self._browser.call(
            "script.callFunction",
            functionDeclaration=declared,
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        if said["type"] == "exception":
            raise BidiError(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"])

    async def choose(self, selector: str, file: Path) -> None:
        """Gives the file to the input that is the first to fit the CSS selector."""
        place = {"context": self._context}
        locator = {"type": "css", "value": selector}
        found = await self._browser.call("browsingContext.locateNodes", **place, locator=locator)
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        await self._browser.call("input.setFiles", **place, element=element, files=[str(file)])

    async def close(self) -> None:
        """The page goes away as when a person closes it."""
        await self._browser.call("browsingContext.close", context=self._context)


class Firefox:
    """One running browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command. Raises BidiError; TimeoutError after CALL_SECONDS."""
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(CALL_SECONDS):
            said = await answer
        if said["type"] == "error":
            raise BidiError(f"{method}: {said['error']}: {said['message']}")
        result: dict[str, Any] = said["result"]
        return result

    async def open(self, url: str) -> Tab:
        """A new window, once the page is loaded. It is seen, so its timers are not slowed down."""
        made = await self.call("browsingContext.create", type="window")
        context = made["context"]
        await self.call("browsingContext.navigate", context=context, url=url, wait="complete")
        return Tab(self, context)

    async def close(self) -> None:
        """It says nothing any more."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading

    async def _read(self) -> None:
        async for text in self._socket:
            said = json.loads(text)
            answer = self._waiting.pop(said.get("id") or 0, None)
            if answer is not None and not answer.done():
                answer.set_result(said)


@asynccontextmanager
async def firefox(path: str | None = None) -> AsyncIterator[Firefox]:
    """One for the whole block, with a profile of its own. Raises RuntimeError if there is none, or
    if it does not start."""
    program = path or executable()
    if program is None:
        raise RuntimeError("no Firefox: install one, or set FIREFOX to its path")
    with TemporaryDirectory() as profile:
        lines = (f"user_pref({json.dumps(n)}, {json.dumps(v)});" for n, v in PREFERENCES.items())
        (Path(profile) / "user.js").write_text("\n".join(lines))
        arguments = ("--headless", "--no-remote", "--profile", profile)
        process = await asyncio.create_subprocess_exec(
            *(program, *arguments, "--remote-debugging-port", "0", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                address = await _address(process)
            async with connect(f"{address}/session", max_size=MAX_MESSAGE_BYTES) as socket:
                browser = Firefox(socket)
                await browser.call("session.new", capabilities={})
                try:
                    yield browser
                finally:
                    await browser.close()
        finally:
            await end(process, STOP_SECONDS)


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    while line := await process.stderr.readline():
        if found := READY.search(line.decode(errors="replace")):
            asyncio.get_running_loop().create_task(_drain(process.stderr))
            return found[1]
    raise RuntimeError("Firefox has ended before it could be driven")


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65_536):
        pass
