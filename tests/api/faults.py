"""Ways in which SignalR Service fails a REST call, for every test that tries all of them."""

from collections.abc import Callable

from lab.signalr_service import Call, Reply

RAW_TEXT = "System.Exception"  # of the service's answer; nobody may see it


def always(reply: Reply) -> Callable[[Call], Reply]:
    """The same reply to every call."""
    return lambda call: reply


FAULTS: dict[str, Callable[[Call], Reply | None]] = {
    "429": always(Reply(429, headers={"Retry-After": "1"})),
    "503": always(Reply(503)),
    "500": always(Reply(500, f"{RAW_TEXT}: https://x/users/tea.ann at line 1".encode())),
    "401": always(Reply(401)),
    "slow": always(Reply(202, seconds=2.5)),
}
