"""A Firefox for Playwright, which asks for more of WebDriver BiDi than Firefox 153 has.

    python -m lab.bidi_bridge --remote-debugging-port=0 --headless --profile FOLDER

starts the Firefox of lab/firefox.py with these arguments, says where it listens as Firefox does,
and passes every message on, but two kinds:

- Playwright gives each window a colour scheme by `emulation.setMediaFeaturesOverride`, which this
  Firefox does not know. The bridge sets it by a script in Firefox's own window.
- Playwright hears of downloads that have an id, and looks for a file by the name that the page has
  given it. Firefox sends no id for what a page has made itself, and calls a second file of a name
  otherwise. The bridge makes an id, and puts the newest file where Playwright looks for it.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from lab.firefox import MAX_MESSAGE_BYTES, READY, executable

type Message = dict[str, Any]
type Sent = tuple[list[Message], list[Message]]  # to Firefox, to Playwright

OVERRIDE = "emulation.setMediaFeaturesOverride"
CREATED = "browsingContext.contextCreated"
BEGUN, ENDED = "browsingContext.downloadWillBegin", "browsingContext.downloadEnd"
# Ids of our own commands: above all of Playwright's, below 2^53 (W3C WebDriver BiDi, js-uint).
OWN_IDS = 2**52
# Lets scripts into Firefox's own windows.
SYSTEM_ACCESS = "--remote-allow-system-access"
SET_SCHEME = """(ids, scheme) => {
  const { NavigableManager } = ChromeUtils.importESModule(
    "chrome://remote/content/shared/NavigableManager.sys.mjs");
  for (const id of ids.split(" "))
    NavigableManager.getBrowsingContextById(id).top.prefersColorSchemeOverride = scheme;
}"""


class Translation:
    """What becomes of each message of a session. Pure: messages in, messages out."""

    def __init__(self) -> None:
        self._ids = itertools.count(OWN_IDS)
        self._window = ""  # of Firefox itself: the first one, which stays open
        self._session: Message = {}  # the answer to session.new, until the window is known
        self._session_id: int | None = None
        self._schemes: dict[str, str] = {}  # by user context
        self._names: dict[str, str] = {}  # of files that are being downloaded, by id
        self._overrides = set[int]()  # commands of Playwright that are carried out by a script

    def from_playwright(self, said: Message) -> Sent:
        """What follows from a command of Playwright."""
        if said["method"] == "session.new":
            self._session_id = said["id"]
        if said["method"] != OVERRIDE:
            return [said], []
        params = said["params"]
        scheme = params["features"].get("prefers-color-scheme") or "none"
        if contexts := params.get("contexts"):
            self._overrides.add(said["id"])
            return [self._set_scheme(said["id"], contexts, scheme)], []
        for each in params["userContexts"]:  # nothing is open there yet
            self._schemes[each] = scheme
        return [], [{"type": "success", "id": said["id"], "result": {}}]

    def from_firefox(self, said: Message) -> Sent:
        """What follows from an answer or an event of Firefox."""
        number = said.get("id")
        if number is not None and number == self._session_id:
            self._session_id, self._session = None, said
            ask = {"method": "browsingContext.getTree", "params": {"moz:scope": "chrome"}}
            return [{"id": next(self._ids), **ask}], []
        if number is not None and number >= OWN_IDS:
            return [], self._own(said)
        if number in self._overrides:
            self._overrides.discard(number)
            return [], [refused(said)]
        if said.get("method") == CREATED:
            # First, so that nothing is loaded there before.
            return self._dressed(said["params"]), [said]
        if said.get("method") in (BEGUN, ENDED):
            return [], [self._named(said)]
        return [], [said]

    def _own(self, said: Message) -> list[Message]:
        """The answer to a command that Playwright knows nothing of."""
        if self._session:
            self._window = said["result"]["contexts"][0]["context"]
            held, self._session = self._session, {}
            return [held]
        if refused(said)["type"] == "error":
            print(f"no colour scheme: {json.dumps(said)}", file=sys.stderr)
        return []

    def _named(self, said: Message) -> Message:
        """The event of a download with an id and a name, the same when it ends."""
        params = said["params"]
        number = params["navigation"] or f"{params['context']} {params['url']}"
        name = self._names.setdefault(number, params.get("suggestedFilename", ""))
        if said["method"] == ENDED:
            del self._names[number]
        return {**said, "params": {**params, "download": number, "suggestedFilename": name}}

    def _dressed(self, created: Message) -> list[Message]:
        scheme = self._schemes.get(created["userContext"])
        if scheme is None or created["parent"] is not None:
            return []
        return [self._set_scheme(next(self._ids), [created["context"]], scheme)]

    def _set_scheme(self, number: int, contexts: Sequence[str], scheme: str) -> Message:
        values = (" ".join(contexts), scheme)
        params = {
            "functionDeclaration": SET_SCHEME,
            "arguments": [{"type": "string", "value": value} for value in values],
            "target": {"context": self._window},
            "awaitPromise": False,
        }
        return {"id": number, "method": "script.callFunction", "params": params}


def refused(said: Message) -> Message:
    """The answer to a script; as that of a command that has failed, if the script has thrown."""
    result = said.get("result", {})
    if said["type"] == "error" or result.get("type") != "exception":
        return said
    text = result["exceptionDetails"]["text"]
    return {"type": "error", "id": said["id"], "error": "unknown error", "message": text}


def put_in_place(said: Message) -> None:
    """The newest file of a name is the one that has this name."""
    file = said["params"].get("filepath")
    if file is not None:
        os.replace(file, Path(file).with_name(said["params"]["suggestedFilename"]))


async def pass_on(playwright: ServerConnection, firefox: ClientConnection) -> None:
    """Until one of the two closes."""
    translation = Translation()

    async def send(sent: Sent) -> None:
        for way, messages in zip((firefox, playwright), sent, strict=True):
            for message in messages:
                await way.send(json.dumps(message))

    async def ask() -> None:
        async for text in playwright:
            await send(translation.from_playwright(json.loads(text)))

    async def answer() -> None:
        async for text in firefox:
            sent = translation.from_firefox(json.loads(text))
            for message in sent[1]:
                if message.get("method") == ENDED:
                    put_in_place(message)
            await send(sent)

    ways = [asyncio.create_task(ask()), asyncio.create_task(answer())]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(playwright.close(), firefox.close())
    for ended in await asyncio.gather(*ways, return_exceptions=True):
        if isinstance(ended, Exception) and not isinstance(ended, ConnectionClosed):
            raise ended


async def run(arguments: Sequence[str]) -> int:
    """Firefox's exit code. Raises RuntimeError if there is none."""
    program = executable()
    if program is None:
        raise RuntimeError("no Firefox: install one, or set FIREFOX to its path")
    process = await asyncio.create_subprocess_exec(
        program, SYSTEM_ACCESS, *arguments, stderr=asyncio.subprocess.PIPE
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, process.terminate)
    assert process.stderr is not None
    address = ""

    async def each(socket: ServerConnection) -> None:
        async with connect(f"{address}/session", max_size=MAX_MESSAGE_BYTES) as firefox:
            await pass_on(socket, firefox)

    async with serve(each, "127.0.0.1", 0, max_size=MAX_MESSAGE_BYTES) as server:
        port = server.sockets[0].getsockname()[1]
        while line := (await process.stderr.readline()).decode(errors="replace"):
            if found := READY.search(line):
                address = found[1]
                line = READY.sub(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", line)
            print(line, end="", file=sys.stderr, flush=True)
        return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:])))
