"""Cases that schemathesis makes of docs/openapi.json, at the door of a real local stack.

Half of them are as the document says, half are not. A part of both gets what only a conversation
gives: a token that counts, a room that exists, a peer who is there. Whatever is sent, the answer
has a documented status, shape and header, and is no failure of ours.
"""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lab.stack import Stack
from tests import contract
from tests.contract import OPENAPI
from tests.visitor import new_room, new_secret

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A peer may say 60 things at once, so people come and go more often than that.
CALLS_OF_A_PEER = 30
TOKENS = ("", "host", "ann", "bob", "open", "expired", "x.y.z")
OPERATIONS = [
    (path, method.upper())
    for path, methods in OPENAPI["paths"].items()
    for method in methods
    if method != "head"  # schemathesis has no cases for it
]
DOCUMENT = schemathesis.openapi.from_dict(contract.closed(OPENAPI))


@dataclass
class Seen:
    """What came back. `codes`: by path, how often each code of a refusal, or ""."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[tuple[str, str]] = field(default_factory=Counter)


class Door:
    """Somebody who knows real values, and uses them now and then."""

    def __init__(self, stack: Stack) -> None:
        self._api = stack.api
        self._http = requests.Session()
        self._http.trust_env = False
        self._calls = 0
        self.seen = Seen()

    def close(self) -> None:
        self._http.close()

    def ask(self, path: str, body: Any, token: str = "") -> Any:
        """A good call."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self._http.post(self._api + path, json=body, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def meet(self) -> None:
        """Two people in a room with a host, and somebody in an open one."""
        made = self.ask("/rooms", {"inviteOnly": True})
        secrets = [new_secret() for _ in range(3)]
        ann, bob, cyd = (
            self.ask("/negotiate", {"room": made["room"], "secret": secrets[0]}, made["hostToken"]),
            self.ask("/negotiate", {"room": made["invite"], "secret": secrets[1]}),
            self.ask("/negotiate", {"room": new_room(), "secret": secrets[2]}),
        )
        locked = self.ask("/rooms/lock", {"locked": False}, made["hostToken"])
        people = {"host": made["hostToken"], "ann": ann, "bob": bob, "open": cyd}
        self._tokens = {
            name: said if isinstance(said, str) else said["token"] for name, said in people.items()
        }
        self._real = {
            "room": [made["room"], made["invite"], cyd["room"]],
            "invite": [made["invite"]],
            "peer": [bob["peer"]],
            "to": [bob["peer"], None],
            "told": [[bob["peer"]]],
            "met": [each["met"] for each in bob["peers"]],
            "orders": [locked["orders"]],
            "secret": secrets,
            "token": list(self._tokens.values()),
            "kind": ["offer", "bye", "text"],
            "turn": ["none", "late"],
        }

    def send(self, case: Case, token: str, real: list[str], draw: random.Random) -> None:
        """Send a case, with real values for these members; check what comes back."""
        if self._calls % CALLS_OF_A_PEER == 0:
            self.meet()
        self._calls += 1
        if isinstance(case.body, dict):
            known = [name for name in real if name in self._real]
            case.body = {**case.body, **{name: draw.choice(self._real[name]) for name in known}}
        said = self._tokens.get(token, token)
        headers = {"Authorization": f"Bearer {said}"} if said else {}
        answer = case.call(base_url=self._api, session=self._http, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        sent = answer.request.body or b""
        contract.check_answer(
            case.method,
            case.path,
            sent.encode() if isinstance(sent, str) else sent,
            answer.status_code,
            {name.lower(): values[0] for name, values in answer.headers.items()},
            answer.content,
        )
        self._count(case.path, answer.status_code, answer.content)

    def _count(self, path: str, status: int, body: bytes) -> None:
        self.seen.cases += 1
        self.seen.statuses[status] += 1
        code = json.loads(body)["error"]["code"] if status >= 400 and body else ""
        self.seen.codes[path, code] += 1


def members(path: str, method: str) -> list[str]:
    """The names in the body of a call."""
    body = OPENAPI["paths"][path][method.lower()].get("requestBody")
    if body is None:
        return []
    text = json.dumps(body["content"]["application/json"]["schema"])
    names = [each.removeprefix(contract.PREFIX) for each in contract.refs(json.loads(text))]
    if "Envelope" in names:
        return ["to", "kind", "token"]
    return [each for name in names for each in OPENAPI["components"]["schemas"][name]["properties"]]


def try_cases(door: Door, path: str, method: str, count: int, first: int) -> None:
    """About `count` cases of one call. Raises what a check raises, for the smallest case."""
    names = members(path, method)
    operation = DOCUMENT[path][method]
    for mode in GenerationMode:
        if not (names or operation.query):
            count_here = 1 if mode is GenerationMode.POSITIVE else 0
        else:
            count_here = -(-count // 2)

        @seed(first)
        @settings(
            max_examples=max(count_here, 1),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            token=st.sampled_from(TOKENS),
            real=st.lists(st.sampled_from(names), unique=True) if names else st.just([]),
            draw=st.randoms(use_true_random=False),
        )
        def send(case: Case, token: str, real: list[str], draw: random.Random) -> None:
            door.send(case, token, real, draw)

        try:
            send()
        except Unsatisfiable:
            assert not names  # nothing about such a call can be wrong
