"""What a token is good for, by its audience: strict as the service, or lax."""

import pytest

from local.emulator.audience import Resource, covers

ENDPOINT = "http://localhost:8888"
SEND = "/api/hubs/chat/users/ann%2Fb/:send"


def client(audience: object, *, strict: bool = True, path: str = "/client/") -> bool:
    return covers({"aud": audience}, Resource(ENDPOINT, path, "chat", strict))


def rest(audience: object, *, strict: bool = True) -> bool:
    return covers({"aud": audience}, Resource(ENDPOINT, SEND, None, strict))


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/client/?hub=chat",
        "http://localhost:8888/client/?hub=chat",
        "http://LOCALHOST/client/?hub=CHAT",
        "http://localhost/client?hub=chat",
        "http://localhost/client/?hub=chat&asrs.op=x",
        ["http://other/x", "http://localhost/client/?hub=chat"],
    ],
)
def test_a_strict_clients_audience_is_its_own_url(audience: str | list[str]) -> None:
    assert client(audience)
    assert client(audience, path="/client/negotiate")


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/client/",
        "http://localhost/",
        "http://localhost",
        "http://localhost/client/negotiate?hub=chat",
        "http://localhost/client/?hub=chat&hub=other",
        "http://localhost/client/?hub=other",
        "http://localhost:8889/client/?hub=chat",
        "https://localhost/client/?hub=chat",
        "http://127.0.0.1/client/?hub=chat",
        "http://elsewhere.example/client/?hub=chat",
        "http://localhost/api/hubs/chat",
        "http://localhost:port/client/?hub=chat",
        "http://[broken/client/",
        "/client/?hub=chat",
        None,
        [],
        7,
    ],
)
def test_strict_clients_need_host_path_and_hub(audience: object) -> None:
    assert not client(audience)


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/api/hubs/chat/users/ann%2Fb/:send",
        "http://localhost/api/hubs/CHAT/users/ann%2fb/:send/",
        "http://localhost:8888/api/hubs/chat/users/ann%2Fb/:send?api-version=2022-06-01",
    ],
)
def test_a_strict_rest_audience_is_the_url_without_its_query(audience: str) -> None:
    assert rest(audience)


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/api/hubs/chat",
        "http://localhost/api/hubs/chat/users/ann/b/:send",
        "http://localhost/api/hubs/chat/users/ANN%2Fb/:send",
        "http://localhost/api/hubs/other/users/ann%2Fb/:send",
        "http://elsewhere.example/api/hubs/chat/users/ann%2Fb/:send",
        "http://localhost/client/?hub=chat",
    ],
)
def test_a_strict_rest_audience_opens_nothing_else(audience: str) -> None:
    assert not rest(audience)


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/client/?hub=chat",
        "http://localhost:8888/client/?hub=chat",
        "https://elsewhere.example/client/?hub=CHAT",
        "http://localhost/client/",
        "http://localhost/client",
        "http://localhost/",
        "http://localhost",
        ["http://other/x", "http://localhost/client/?hub=chat"],
    ],
)
def test_lax_audiences_are_a_prefix_of_the_path(audience: str | list[str]) -> None:
    assert client(audience, strict=False)
    assert client(audience, strict=False, path="/client/negotiate")


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost/api/hubs/chat",
        "http://localhost/api/hubs/chat/users/ann%2Fb/:send",
        "http://localhost:8888/api/hubs/chat/users/ann%2fb/:send?api-version=2022-06-01",
    ],
)
def test_a_lax_rest_audience_opens_its_path_and_what_is_below(audience: str) -> None:
    assert rest(audience, strict=False)


@pytest.mark.parametrize(
    "audience",
    [
        None,
        "http://localhost/client/?hub=other",
        "http://localhost/clients/?hub=chat",
        "http://localhost/api/hubs/chat",
        "http://[broken/client/",
        [],
    ],
)
def test_other_lax_audiences_are_refused(audience: str | list[str] | None) -> None:
    assert not client(audience, strict=False)
