"""The steps of a check in their order, and what to look at where one fails. Pure.

step      what it proves
health    the functions run, and reach their storage and SignalR
join      they give two seats; with several stamps, that all have the same signing keys
socket    SignalR Service takes the sockets that they name
hub       SignalR Service calls the functions, and what they push arrives
meet      each of the two hears of the other
connect   their descriptions arrive, and lead to a connection from peer to peer
text      a text each way, acknowledged, from peer to peer
file      64 KiB, and the hash of what has arrived
relay     with `--relay`: credentials are made, and two connect through the TURN server alone
leave     one goes, and the other hears it
"""

import re
from dataclasses import dataclass

from heliograph.errors import HeliographError


@dataclass(frozen=True, slots=True)
class Step:
    """`seconds`: at most. `late`: the code when they have passed."""

    seconds: float
    late: str


STEPS = {
    "health": Step(30.0, "no_answer"),  # an app may be starting
    "join": Step(25.0, "no_answer"),
    "socket": Step(20.0, "no_socket"),
    "hub": Step(20.0, "hub_silent"),  # two tries of a client whose socket the stamp does not know
    "meet": Step(15.0, "not_seen"),
    "connect": Step(30.0, "no_path"),
    "text": Step(15.0, "no_text"),
    "file": Step(20.0, "no_file"),
    "relay": Step(30.0, "relay_no_path"),
    "leave": Step(15.0, "not_left"),
}

# What has happened, and what to look at.
MEANINGS = {
    "no_answer": (
        "Nothing answers in time.",
        "the URL: does it end with /api? Does the functions app run?",
    ),
    "not_heliograph": (
        "What answers is no Heliograph.",
        "the URL: does it end with /api? Is the package deployed?",
    ),
    "down": (
        "The stamp says that nobody can join.",
        "what it calls down: `documents` is its storage account, `signalr` the SignalR Service, "
        "`secrets` the Key Vault. Mostly a role is missing, or is too new to count",
    ),
    "no_socket": (
        "The WebSocket to SignalR Service does not open.",
        "the SignalR Service: does it run, is it in serverless mode? Does a proxy between here "
        "and it refuse WebSockets?",
    ),
    "hub_silent": (
        "The socket is open, and the functions do not answer by it.",
        "the upstream of the SignalR Service: it has to lead to the functions, with their key "
        "`signalr_extension`. Then the app's role on the SignalR Service, which lets it push",
    ),
    "not_seen": (
        "One of the two does not hear of the other.",
        "the logs of the functions `connected` and `negotiate`: what they push does not arrive",
    ),
    "seen_twice": (
        "The stamps call the same person by different ids.",
        "the signing keys: all stamps need the same",
    ),
    "stamp_refuses": (
        "One stamp does not admit whom another one admits.",
        "the signing keys: all stamps need the same",
    ),
    "no_path": (
        "The two do not get a connection, though they run on the same machine.",
        "a firewall on this machine; then the logs of the function `signal`",
    ),
    "udp_blocked": (
        "The two do not get a connection, and no STUN server answers: UDP is blocked here.",
        "the firewall of this machine and of its network",
    ),
    "no_text": (
        "A text was not acknowledged.",
        "a firewall that ends connections; then run it again",
    ),
    "by_server": (
        "A text did not go from peer to peer.",
        "a firewall that ends connections; then run it again",
    ),
    "no_file": (
        "A file did not arrive.",
        "a firewall that ends connections; then run it again",
    ),
    "file_corrupt": (
        "A file has arrived, and its hash is another one.",
        "this is a fault of the program: report it",
    ),
    "turn_off": (
        "The stamp has no TURN provider, so there is no relay to try.",
        "`turn_providers` of the stamp; or leave --relay out",
    ),
    "turn_refused": (
        "The stamp gives no credential for a relay.",
        "the reason. `day`, `month`, `network`, `room` and `peer` are ceilings of money "
        "(docs/turn.md); `unavailable` is the storage account",
    ),
    "turn_degraded": (
        "The stamp gives no credential, because no TURN provider gives one.",
        "`providers` in the answer of /api/health, and the secrets of the providers",
    ),
    "relay_credential": (
        "The TURN server refuses the credential that the stamp has made (401).",
        "the shared secret: the stamp's and the TURN server's have to be the same",
    ),
    "relay_refused": (
        "The TURN server refuses to relay.",
        "the log of the TURN server: quotas, and its ports for relays",
    ),
    "relay_silent": (
        "No TURN server answers.",
        "whether it runs, and its firewall. Where only UDP was tried: UDP may be blocked here",
    ),
    "relay_no_path": (
        "The TURN server takes the credential, and relays nothing.",
        "its ports for relays in its firewall, and whether it lets one of its relays send to "
        "another (coturn: `denied-peer-ip`)",
    ),
    "not_left": (
        "One has left, and the other does not hear it.",
        "the logs of the function `leave`",
    ),
    "rate_limited": (
        "The stamp takes no more from here for now.",
        "whether many tests run from this network; try again later",
    ),
    "out_of_time": ("The time for all is over.", "the steps before: which of them was slow?"),
    "unexpected": ("Something failed that was not foreseen.", "this is a fault: report it"),
}
# What another try would not change.
FINAL = {"turn_off", "invalid_options", "file_corrupt", "seen_twice"}
CODE = re.compile(r"[a-z_]{1,32}")


class Failure(Exception):
    """Why a step failed. Its text holds nothing that somebody else has said but codes."""

    def __init__(self, code: str, detail: str = "") -> None:
        """`detail`: one of our own words, or a code."""
        self.code = code if CODE.fullmatch(code) else "unexpected"
        text, self.look = MEANINGS.get(self.code, ("It was refused.", "docs/protocol.md §6"))
        super().__init__(text + (f" ({detail})" if detail else ""))

    @property
    def is_final(self) -> bool:
        """Whether another try is of no use."""
        return self.code in FINAL


def failure_of(step: str, error: Exception) -> Failure:
    """What an error in a step means."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, TimeoutError):
        return Failure(STEPS[step].late)
    if isinstance(error, HeliographError):
        known = {"backend_away": "no_answer", "bad_answer": "not_heliograph"}
        late = error.code in ("undelivered", "peer_gone", "closed")
        return Failure(STEPS[step].late if late else known.get(error.code, error.code))
    return Failure("unexpected", type(error).__name__)
