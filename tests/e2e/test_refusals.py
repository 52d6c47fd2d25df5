"""What a browser refuses as an ICE server does not stop a call: the built page's SDK in Firefox.

`client/test/browser/hostile.test.ts` tries the same in Chromium.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any

import pytest

from lab.firefox import executable, firefox
from lab.stack import Stack

pytestmark = pytest.mark.browser

STRANGE = [
    *("stun:a..b", "stun:[:::]", "stun://x", "stun:", "", "stun:x:0", "stun:x:99999", "stun:x/"),
    *("turn:x:99999", "turn:x?transport=sctp", "http://x", "stun:2001:db8::1", "stun:x y"),
    *("stun:x:y", "stun:ü", f"stun:{'a' * 300}"),
]

# Two people in one page, who are given all of these and one that is good.
CALL = """async ({ room, strange }) => {
  const server = (urls) => ({ urls, username: "u", credential: "c" });
  const iceServers = [...strange.map(server), { urls: "stun:127.0.0.1:3479" }];
  const backends = new URL("api", location.href).href;
  const enter = (name) => window.heliograph.join({ backends, room, name, rtc: { iceServers } });
  const [ann, ben] = [await enter("Ann"), await enter("Ben")];
  const told = [];
  ann.on("error", ({ code, message }) => told.push(`${code} ${message}`));
  const peer = () => [...ann.peers.values()][0];
  for (let n = 0; n < 150 && peer()?.state !== "connected"; n += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const via = await ann.sendText("hello");
  const { iceServers: taken } = peer().connection.getConfiguration();
  await Promise.all([ann.leave(), ben.leave()]);
  const isRefused = (url) => {
    try {
      new RTCPeerConnection({ iceServers: [server(url)] }).close();
      return false;
    } catch {
      return true;
    }
  };
  const urls = taken.flatMap((each) => each.urls);
  return { via, told, taken: urls, refused: strange.filter(isRefused) };
}"""


@pytest.mark.skipif(executable() is None, reason="no Firefox: scripts/firefox")
def test_firefox_leaves_out_what_it_refuses_and_the_call_goes_on(stack: Stack) -> None:
    async def call() -> dict[str, Any]:
        async with firefox() as browser:
            tab = await browser.open(stack.page)
            said = await tab.evaluate(CALL, {"room": token_hex(8), "strange": STRANGE})
        assert isinstance(said, dict)
        return said

    # Playwright runs an event loop in this thread.
    with ThreadPoolExecutor(1) as other:
        said = other.submit(asyncio.run, call()).result()
    assert said["via"] == "p2p"
    assert "stun:127.0.0.1:3479" in said["taken"]
    assert len(said["refused"]) > 3
    assert not set(said["refused"]) & set(said["taken"])
    codes = [line.split(" ", 1)[0] for line in said["told"]]
    assert codes == ["ice_server_refused"] * len(said["refused"])
    for url in said["refused"]:
        assert sum(f" refuses {url}: " in line for line in said["told"]) == 1
