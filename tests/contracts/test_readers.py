"""The readers of the service take what the schemas say, and nothing else. No server, no socket.

`read_body` holds the form of a body. A few texts are read later, by codes of their own: a name, a
secret, a room, a proof. Their schemas are hints in the types, and this holds them too.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st
from msgspec import Struct
from schemathesis import Case, GenerationMode

from backend import admission, http, rooms
from backend.proof import MAX_PROOF, Proofs
from cloud.memory import MemoryDocuments
from contracts import app
from contracts.calls import CALLS
from lab.stack import ROOT
from signaling import codes, messages, names, offers, places, tokens
from signaling.errors import HeliographError
from signaling.forward import broadcast, forward
from signaling.places import read_place, read_secret
from signaling.seats import Seat
from signaling.tokens import KeyRing, read_orders
from stats import summary
from tests import contract
from tests.contract import ASYNCAPI, OF_FORM, OPENAPI

NOW = 1_800_000_000_000
RING = KeyRing({"tests": b"a key of the tests: 32 bytes+++!"})
SEAT = Seat("k" * 32, "L" * 16, "A" * 16, 0, 0)
PROOFS = Proofs(b"k" * 32, MemoryDocuments())
DOCUMENT = schemathesis.openapi.from_dict(OPENAPI)
POSTS = [route for route in app.routes() if route.methods == ("POST",)]
# Of the whole text and not of its form.
OTHER = {"invalid_json", "too_large"}
FEW = settings(
    max_examples=60,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


def read(route: app.Route, body: bytes) -> str:
    """As the call reads it: the code of the refusal, or "". What depends on a room is left out."""
    try:
        if CALLS[route.path].envelope:
            forward(SEAT, messages.parse_envelope(body))
        form = route.takes or CALLS[route.path].takes or http.WithToken
        _read_on(http.read_body(body, form))
        http.read_token(None, body)
    except HeliographError as refusal:
        return refusal.code
    return ""


def _read_on(sent: Struct) -> None:
    """What is read after the form."""
    match sent:
        case admission.NegotiateRequest():
            admission._read_offers(sent.offers)
            names.read_peer_name(sent.name or "")
            read_place(RING, sent.room or "r", NOW)
            read_secret(sent.secret or "s" * 22) if sent.secret is not None else None
            read_orders(RING, sent.orders, NOW) if sent.orders is not None else None
            PROOFS.check(sent.proof, NOW) if sent.proof is not None else None
        case rooms.RoomOptions():
            PROOFS.check(sent.proof, NOW) if sent.proof is not None else None
        case rooms.LockRequest():
            read_orders(RING, sent.orders, NOW) if sent.orders is not None else None
        case rooms.RevokeRequest():
            read_place(RING, sent.invite, NOW)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("route", POSTS, ids=lambda route: route.path)
def test_a_call_takes_what_its_schema_says(route: app.Route, mode: GenerationMode) -> None:
    operation = OPENAPI["paths"][f"/{route.path}"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    seen: set[bool] = set()

    @seed(20261128)
    @FEW
    @given(case=DOCUMENT[f"/{route.path}"]["POST"].as_strategy(generation_mode=mode))
    def compare(case: Case) -> None:
        try:
            body = json.dumps(case.body).encode()
        except TypeError:  # no body, or bytes
            return
        code, fits = read(route, body), contract.fits(schema, case.body)
        if code not in OTHER:
            seen.add(fits)
            assert not (fits and code in OF_FORM), "a form that is documented is refused"
            assert fits or code or _long_name(case.body), "what is not documented is taken"

    compare()
    assert (mode is GenerationMode.POSITIVE) in seen


def _long_name(body: Any) -> bool:
    """It is taken if it is short enough once it is trimmed and composed."""
    name = body.get("name") if isinstance(body, dict) else None
    return isinstance(name, str) and len(name) > names.MAX_NAME


ENVELOPES = st.sampled_from(
    [
        each["input"]
        for each in json.loads((ROOT / "tests/vectors/envelopes.json").read_text())
        if each["valid"]
    ]
)
PIECES = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=20) | st.just([])


@pytest.mark.parametrize(("method", "read"), [("signal", forward), ("broadcast", broadcast)])
@given(ENVELOPES, st.data())
def test_the_hub_takes_what_its_schema_says(
    method: str, read: Callable[..., object], good: Any, data: st.DataObject
) -> None:
    """Of envelopes in which one member is another one, or missing."""
    value = json.loads(json.dumps(good))
    body = value["body"]
    held = data.draw(st.sampled_from([value, body if isinstance(body, dict) else value]))
    name = data.draw(st.sampled_from([*held, "to", "network", "id"]))
    held[name] = data.draw(PIECES)
    if data.draw(st.booleans()):
        del held[name]
    try:
        read(SEAT, messages.parse_envelope(json.dumps(value).encode()))
        taken = True
    except HeliographError as refusal:
        assert refusal.code in OF_FORM
        taken = False
    schema = ASYNCAPI["components"]["messages"][f"call_{method}"]["payload"]
    assert contract.fits(schema, value, hub=True) == taken


SENT = OPENAPI["components"]["schemas"]["NegotiateRequest"]["properties"]
LETTERS = st.text("aZ09-_~ é\n", max_size=300)


def taken(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
        return True
    except HeliographError:
        return False


@given(LETTERS | st.text("aZ9-_", min_size=20, max_size=66))
@example("a" * (places.MIN_SECRET - 1))
@example("a" * places.MIN_SECRET)
@example("a" * places.MAX_SECRET)
@example("a" * (places.MAX_SECRET + 1))
def test_a_secret(text: str) -> None:
    assert contract.fits(SENT["secret"], text) == taken(read_secret, text)


@given(LETTERS | st.text("aZ9-_", max_size=66))
@example("")
@example("a" * names.MAX_ROOM)
@example("a" * (names.MAX_ROOM + 1))
def test_the_name_of_an_open_room(text: str) -> None:
    if not codes.is_code(text):
        assert contract.fits(SENT["room"], text) == taken(names.read_room_name, text)


@given(
    st.text(max_size=70)
    | st.text("aZ \u0301\u2027\u2028\u202e\u202f\u2065\u2066\x1f\x20\x7f\x9f\xa0", max_size=70)
)
@example("a" * names.MAX_NAME)
@example("a" * (names.MAX_NAME + 1))
def test_a_name(text: str) -> None:
    """A longer one may be taken, if it is short enough once it is trimmed and composed."""
    if len(text) <= names.MAX_NAME:
        assert contract.fits(SENT["name"], text) == taken(names.read_peer_name, text)
    else:
        assert not contract.fits(SENT["name"], text)


def test_a_code_that_is_read_fits() -> None:
    terms = codes.Terms(8, False, "late", 2, codes.round_up(NOW, 3_600), 5)
    code = codes.write(RING, codes.Code(terms, None, RING.names[0]))
    invite = OPENAPI["components"]["schemas"]["RevokeRequest"]["properties"]["invite"]
    for wrong in (code + "A", code[1:], code[:-1], f"{code}\n"):
        assert not contract.fits(invite, wrong) and codes.read(RING, wrong) == ()
    assert contract.fits(invite, code) and contract.fits(SENT["room"], code)


def test_offers_are_counted_as_is_said() -> None:
    one = {"seq": 1, "body": {"pc": "p", "sdp": "v"}}
    for count in (offers.MAX_OFFERS, offers.MAX_OFFERS + 1):
        body = json.dumps({"offers": [one] * count}).encode()
        sent = http.read_body(body, admission.NegotiateRequest).offers
        fits = contract.fits(SENT["offers"], [one] * count)
        assert fits == taken(lambda _, sent=sent: offers.check(sent), "")  # type: ignore[misc]


def bound(schema: str, *path: str) -> Any:
    """A number in the schema of a type."""
    found = OPENAPI["components"]["schemas"][schema]["properties"]
    for part in path:
        found = found["anyOf"][0] if "anyOf" in found else found
        found = found[part]
    return found


# What a bound has to be. Those of `msgspec` are what the reader holds; these are said beside it.
BOUNDS = [
    (bound("NegotiateRequest", "secret", "minLength"), places.MIN_SECRET),
    (bound("NegotiateRequest", "secret", "maxLength"), places.MAX_SECRET),
    (bound("NegotiateRequest", "room", "maxLength"), names.MAX_ROOM),
    (bound("NegotiateRequest", "name", "maxLength"), names.MAX_NAME),
    (bound("NegotiateRequest", "orders", "maxLength"), tokens.MAX_ORDERS),
    (bound("NegotiateRequest", "proof", "maxLength"), MAX_PROOF),
    (bound("NegotiateRequest", "offers", "maxItems"), offers.MAX_OFFERS),
    (bound("NegotiateRequest", "have", "maxItems"), admission.MAX_OTHERS),
    (bound("LeaveRequest", "told", "maxItems"), admission.MAX_OTHERS),
    (bound("RoomOptions", "ttl", "maximum"), places.MAX_TTL_SECONDS),
    (bound("InviteRequest", "uses", "maximum"), codes.MAX_USES),
    (bound("Negotiated", "token", "maxLength"), tokens.MAX_TOKEN),
    (bound("Joined", "name", "maxLength"), names.MAX_NAME),
    (bound("Text", "text", "maxLength"), messages.MAX_TEXT),
    (OPENAPI["paths"]["/stats"]["get"]["parameters"][0]["schema"]["maximum"], summary.MAX_DAYS),
    (OPENAPI["paths"]["/rooms"]["post"]["requestBody"]["x-maxBytes"], http.MAX_BODY_BYTES),
    (OPENAPI["paths"]["/rooms"]["post"]["requestBody"]["x-maxLevels"], http.MAX_DEPTH),
]


def test_bounds_are_those_of_the_code() -> None:
    assert [said for said, _ in BOUNDS] == [constant for _, constant in BOUNDS]


def test_the_client_has_the_bounds_of_the_contract() -> None:
    source = (ROOT / "client" / "src" / "wire" / "protocol.ts").read_text()
    envelope = OPENAPI["components"]["schemas"]["TextEnvelope"]
    for name, said in {
        "MAX_ENVELOPE_BYTES": envelope["x-maxBytes"],
        "MAX_DEPTH_LEVELS": envelope["x-maxLevels"],
        "MAX_TEXT_CHARACTERS": bound("Text", "text", "maxLength"),
        "MAX_BATCH_CANDIDATES": bound("CandidateBatch", "candidates", "maxItems"),
        "MAX_BATCH_ACKS": bound("Ack", "seqs", "maxItems"),
        "MAX_SDP_CHARACTERS": bound("Description", "sdp", "maxLength"),
        "SLOTS": bound("Description", "slots", "maxItems"),
    }.items():
        assert f"export const {name} = {said:_};" in source, name
