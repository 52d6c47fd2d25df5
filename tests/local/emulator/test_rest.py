"""Row by row: the data-plane REST table, through real HTTP and real sockets."""

from typing import Any

import pytest

from local.emulator.options import Options
from local.emulator.protocol import Close, Invocation, Protocol
from tests.local.emulator.support import (
    API_VERSION,
    HUB,
    PRIMARY,
    SECONDARY,
    Emulator,
    emulating,
    token,
)

SEND_ALL = f"http://127.0.0.1/api/hubs/{HUB}/:send"

SAY = {"target": "say", "arguments": ["hi", {"n": 1}]}
SAID = Invocation(target="say", arguments=("hi", {"n": 1}))


LAX = Options(strict=False)


async def test_health_needs_no_token(emulator: Emulator) -> None:
    for path in (f"/api/health?api-version={API_VERSION}", "/api/v1/health"):
        assert (await emulator.http.head(emulator.url + path)).status_code == 200


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_send_reaches_its_target_and_nobody_else(
    emulator: Emulator, protocol: Protocol
) -> None:
    async with emulator.client("ann", protocol) as ann, emulator.client("bob") as bob:
        assert (await emulator.rest("PUT", f"/groups/g/connections/{ann.id}")).status_code == 200
        for path in ("", "/groups/g", "/users/ann", f"/connections/{ann.id}"):
            assert (await emulator.rest("POST", f"{path}/:send", json=SAY)).status_code == 202
            assert await ann.receive() == SAID
        await emulator.rest("POST", "/users/bob/:send", json={"target": "last"})
        assert await bob.receive() == SAID  # the one to all
        assert await bob.receive() == Invocation(target="last", arguments=())


@pytest.mark.parametrize("path", ["", "/groups/g", "/users/ann", "/connections/{id}"])
async def test_the_older_paths_do_the_same_without_send(emulator: Emulator, path: str) -> None:
    async with emulator.client("ann") as ann:
        await emulator.rest("PUT", f"/groups/g/connections/{ann.id}")
        path = f"/api/v1/hubs/{HUB}{path.format(id=ann.id)}"
        assert (await emulator.api("POST", path, json=SAY)).status_code == 202
        assert await ann.receive() == SAID


@pytest.mark.parametrize("path", ["", "/groups/none", "/users/none", "/connections/none"])
async def test_a_send_to_nobody_is_accepted(emulator: Emulator, path: str) -> None:
    assert (await emulator.rest("POST", f"{path}/:send", json=SAY)).status_code == 202


@pytest.mark.parametrize("path", ["", "/groups/g"])
async def test_excluded_connections_get_nothing(emulator: Emulator, path: str) -> None:
    async with emulator.client("ann") as ann, emulator.client("bob") as bob:
        for user in ("ann", "bob"):
            await emulator.rest("PUT", f"/users/{user}/groups/g")
        params = {"excluded": [ann.id, "other"]}
        await emulator.rest("POST", f"{path}/:send", json=SAY, params=params)
        await emulator.rest("POST", "/:send", json={"target": "last"})
        last = Invocation(target="last", arguments=())
        assert [await bob.receive(), await bob.receive()] == [SAID, last]
        assert await ann.receive() == last


@pytest.mark.parametrize("path", ["", "/groups/g", "/users/ann"])
async def test_closing_many_tells_each_and_spares_the_excluded(
    emulator: Emulator, path: str
) -> None:
    async with emulator.client("ann") as first, emulator.client("ann") as second:
        await emulator.rest("PUT", "/users/ann/groups/g")
        params = {"reason": "maintenance", "excluded": second.id}
        closed = await emulator.rest("POST", f"{path}/:closeConnections", params=params)
        assert closed.status_code == 204
        assert await first.ended() == [Close(error="maintenance", allow_reconnect=True)]
        assert (await emulator.rest("HEAD", f"/connections/{second.id}")).status_code == 200


async def test_closing_a_connection_gives_the_reason_and_ends_it(emulator: Emulator) -> None:
    async with emulator.client("ann", "messagepack") as ann:
        closed = await emulator.rest("DELETE", f"/connections/{ann.id}?reason=bye")
        assert closed.status_code == 200
        assert (await emulator.rest("HEAD", f"/connections/{ann.id}")).status_code == 404
        assert await ann.ended() == [Close(error="bye", allow_reconnect=True)]
    assert (await emulator.rest("DELETE", "/connections/none")).status_code == 200


async def exists(emulator: Emulator, path: str) -> tuple[int, str | None]:
    answer = await emulator.rest("HEAD", path)
    return answer.status_code, answer.headers.get("x-ms-error-code")


async def test_presence_is_answered_with_the_codes_of_the_service(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        await emulator.rest("PUT", f"/groups/g/connections/{ann.id}")
        assert await exists(emulator, f"/connections/{ann.id}") == (200, None)
        assert await exists(emulator, "/users/ann") == (200, None)
        assert await exists(emulator, "/groups/g") == (200, None)
        connection = ann.id
    await emulator.gone(connection)
    gone = "Warning.{}.NotExisted".format
    assert await exists(emulator, f"/connections/{connection}") == (404, gone("Connection"))
    assert await exists(emulator, "/users/ann") == (404, gone("User"))
    assert await exists(emulator, "/groups/g") == (404, gone("Group"))


async def test_a_user_joins_and_leaves_a_group(emulator: Emulator) -> None:
    path = "/users/ann/groups/g"
    assert await exists(emulator, path) == (404, "Info.User.NotInGroup")
    assert (await emulator.rest("PUT", f"{path}?ttl=60")).status_code == 200
    assert await exists(emulator, path) == (200, None)
    async with emulator.client("ann") as late:
        await emulator.rest("POST", "/groups/g/:send", json=SAY)
        assert await late.receive() == SAID
    assert (await emulator.rest("DELETE", path)).status_code == 204
    assert await exists(emulator, path) == (404, "Info.User.NotInGroup")


async def test_a_user_leaves_all_groups_at_once(emulator: Emulator) -> None:
    for group in ("g", "h"):
        await emulator.rest("PUT", f"/users/ann/groups/{group}")
    assert (await emulator.rest("DELETE", "/users/ann/groups")).status_code == 204
    for group in ("g", "h"):
        assert (await exists(emulator, f"/users/ann/groups/{group}"))[0] == 404


async def test_a_connection_joins_and_leaves_a_group(emulator: Emulator) -> None:
    path = "/groups/g/connections/{}"
    for verb in ("PUT", "DELETE"):
        unknown = await emulator.rest(verb, path.format("none"))
        assert unknown.status_code == 404
        assert unknown.headers["x-ms-error-code"] == "Error.Connection.NotExisted"
    async with emulator.client("ann") as ann:
        assert (await emulator.rest("PUT", path.format(ann.id))).status_code == 200
        assert (await exists(emulator, "/groups/g"))[0] == 200
        assert (await emulator.rest("DELETE", path.format(ann.id))).status_code == 200
        assert (await exists(emulator, "/groups/g"))[0] == 404


async def test_a_connection_leaves_all_groups_at_once(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        await emulator.rest("PUT", f"/groups/g/connections/{ann.id}")
        left = await emulator.rest("DELETE", f"/connections/{ann.id}/groups")
        assert left.status_code == 200
        assert (await exists(emulator, "/groups/g"))[0] == 404
    assert (await emulator.rest("DELETE", "/connections/none/groups")).status_code == 200


async def test_names_may_hold_escaped_slashes_and_any_character(emulator: Emulator) -> None:
    async with emulator.client("a/b é?") as ann:
        sent = await emulator.rest("POST", "/users/a%2Fb%20%C3%A9%3F/:send", json=SAY)
        assert sent.status_code == 202
        assert await ann.receive() == SAID


async def test_hubs_are_apart_and_their_case_does_not_count(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        await emulator.api("POST", "/api/hubs/other/:send", json={"target": "elsewhere"})
        await emulator.api("POST", f"/api/hubs/{HUB.upper()}/:send", json=SAY)
        assert await ann.receive() == SAID


async def test_an_application_makes_it_another_hub(emulator: Emulator) -> None:
    access = emulator.client_token("ann", hub="app_chat")
    async with emulator.socket(access, hub="app_chat") as socket:
        await socket.send('{"protocol":"json","version":1}\x1e')
        await socket.recv()
        path = "/api/hubs/chat/users/ann"
        assert (await emulator.api("HEAD", path)).status_code == 404
        found = await emulator.api("HEAD", path, params={"application": "app"})
        assert found.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"Target": "say", "Arguments": ["hi", {"n": 1}]},
        {"TARGET": "say", "aRGUMENTS": ["hi", {"n": 1}], "Other": 1},
    ],
)
async def test_member_names_of_a_body_count_in_any_case(
    emulator: Emulator, body: dict[str, Any]
) -> None:
    async with emulator.client("ann") as ann:
        assert (await emulator.rest("POST", "/:send", json=body)).status_code == 202
        assert await ann.receive() == SAID


async def test_arguments_of_null_are_none(emulator: Emulator) -> None:
    async with emulator.client("ann") as ann:
        sent = await emulator.rest("POST", "/:send", json={"target": "say", "arguments": None})
        assert sent.status_code == 202
        assert await ann.receive() == Invocation(target="say", arguments=())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"{}",
        b'{"target":""}',
        b'{"target":1,"arguments":[]}',
        b'{"target":"t","arguments":{}}',
        b'{"target":"t","arguments":"[]"}',
        b'{"target":"t","arguments":[1}',
        b'{"target":"t","arguments":["\x1e"]}',
        b'{"target":"t","arguments":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b"\xff\xfe",
    ],
)
async def test_a_wrong_body_is_refused(emulator: Emulator, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await emulator.rest("POST", "/:send", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["x-ms-error-code"] == answer.json()["code"] == "Error.BadRequest"


async def test_arguments_messagepack_cannot_carry_are_refused_for_everyone(
    emulator: Emulator,
) -> None:
    async with emulator.client("ann", "messagepack"), emulator.client("bob") as bob:
        body = b'{"target":"t","arguments":["\\ud800"]}'
        headers = {"Content-Type": "application/json"}
        answer = await emulator.rest("POST", "/:send", content=body, headers=headers)
        assert answer.status_code == 400
        await emulator.rest("POST", "/users/bob/:send", json=SAY)
        assert await bob.receive() == SAID


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/api/hubs/1bad/:send"),
        ("POST", "/api/hubs/b-ad/:send"),
        ("POST", "/api/hubs/chat/:send?application=b-ad"),
        ("PUT", "/api/hubs/chat/users/ann/groups/" + "g" * 1025),
        ("PUT", "/api/hubs/chat/users/ann/groups/%20"),
        ("PUT", "/api/hubs/chat/users/ann/groups/g?ttl=soon"),
        ("PUT", "/api/hubs/chat/users/ann/groups/g?ttl=-1"),
    ],
)
async def test_wrong_names_and_numbers_are_refused(
    emulator: Emulator, verb: str, path: str
) -> None:
    body = None if verb == "PUT" else SAY
    answer = await emulator.api(verb, path, json=body)
    assert answer.status_code == 400


async def test_the_longest_group_name_is_allowed(emulator: Emulator) -> None:
    assert (await emulator.rest("PUT", f"/users/ann/groups/{'g' * 1024}")).status_code == 200


async def test_a_body_over_the_limit_is_refused(emulator: Emulator) -> None:
    body = {"target": "t", "arguments": ["x" * (1 << 20)]}
    assert (await emulator.rest("POST", "/:send", json=body)).status_code == 413


async def test_headers_over_the_limit_are_refused(emulator: Emulator) -> None:
    answer = await emulator.rest("HEAD", "/users/ann", headers={"X-Long": "x" * (17 << 10)})
    assert answer.status_code == 431


async def test_a_body_that_is_not_json_is_refused_by_its_type(emulator: Emulator) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = await emulator.rest("POST", "/:send", content=b"{}", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "bearer",
    [
        None,
        "junk",
        token(SEND_ALL, key="wrong-key-0123456789abcdef0123456789"),
        token(SEND_ALL, exp=1),
        token("http://127.0.0.1/client/?hub=signaling"),
        token("http://127.0.0.1/api/hubs/signaling"),
        token("http://127.0.0.1/api/hubs/other/:send"),
        token("http://elsewhere.example/api/hubs/signaling/:send"),
    ],
    ids=[
        "none",
        "junk",
        "other key",
        "expired",
        "for clients",
        "prefix",
        "other hub",
        "other host",
    ],
)
async def test_a_bad_token_is_refused(emulator: Emulator, bearer: str | None) -> None:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    url = f"{emulator.url}/api/hubs/{HUB}/:send?api-version={API_VERSION}"
    answer = await emulator.http.post(url, json=SAY, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["x-ms-error-code"] == "Error.Unauthorized"


@pytest.mark.parametrize(
    "audience",
    [SEND_ALL, f"{SEND_ALL}?api-version={API_VERSION}", f"{SEND_ALL}/", "with the port"],
)
@pytest.mark.parametrize("key", [PRIMARY, SECONDARY])
async def test_every_spelling_of_the_exact_audience_is_taken(
    emulator: Emulator, audience: str, key: str
) -> None:
    if audience == "with the port":
        audience = f"{emulator.url}/api/hubs/{HUB}/:send"
    answer = await emulator.rest("POST", "/:send", json=SAY, bearer=token(audience, key))
    assert answer.status_code == 202


async def test_a_service_with_a_name_of_its_own_wants_that_in_the_audience() -> None:
    name = "https://x.service.signalr.net"
    async with emulating(options=Options(endpoint=name)) as emulator:
        path = f"/api/hubs/{HUB}/:send"
        for host, status in ((name, 202), (emulator.url, 401)):
            answer = await emulator.rest("POST", "/:send", json=SAY, bearer=token(host + path))
            assert answer.status_code == status


@pytest.mark.parametrize("query", ["", "?api-version=", "?api-version=2021-01-01"])
async def test_an_api_version_that_is_missing_or_unknown_is_refused(
    emulator: Emulator, query: str
) -> None:
    headers = {"Authorization": f"Bearer {token(SEND_ALL)}"}
    url = f"{emulator.url}/api/hubs/{HUB}/:send{query}"
    answer = await emulator.http.post(url, json=SAY, headers=headers)
    assert answer.status_code == 400
    assert "api-version" in answer.json()["message"]
    assert (await emulator.http.head(f"{emulator.url}/api/health{query}")).status_code == 400


@pytest.mark.parametrize("version", ["2022-06-01", "2022-11-01", "2024-12-01"])
async def test_every_published_version_is_known(emulator: Emulator, version: str) -> None:
    url = f"{emulator.url}/api/health?api-version={version}"
    assert (await emulator.http.head(url)).status_code == 200


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("POST", "/api/hubs/signaling", 404),
        ("POST", "/api/hubs/signaling/users/ann", 405),
        ("POST", "/api/v1/hubs/signaling/:send", 404),
        ("POST", "/api/v1/hubs/signaling/:closeConnections", 404),
        ("GET", "/api/hubs/signaling/users/ann", 405),
        ("PUT", "/api/hubs/signaling/groups/g/users/ann", 404),
        ("PUT", "/api/v1/hubs/signaling/users/ann/groups/g", 404),
        ("PUT", "/api/v1/hubs/signaling/groups/g/users/ann", 202),
        ("GET", "/api/v1/hubs/signaling/groups/g/users/ann", 404),
        ("DELETE", "/api/v1/hubs/signaling/users/ann/groups", 200),
        ("DELETE", "/api/v1/hubs/signaling/connections/none", 202),
    ],
)
async def test_each_version_has_its_own_paths_verbs_and_statuses(
    emulator: Emulator, verb: str, path: str, status: int
) -> None:
    answer = await emulator.api(verb, path, json=SAY if verb == "POST" else None)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/api/hubs/signaling"),
        ("POST", "/api/v1/hubs/signaling/:send"),
        ("GET", "/api/health"),
        ("PUT", "/api/v1/hubs/signaling/users/ann/groups/g"),
        ("PUT", "/api/hubs/signaling/groups/g/users/ann"),
    ],
)
async def test_lax_mode_takes_every_spelling_without_a_version(verb: str, path: str) -> None:
    async with emulating(options=LAX) as emulator:
        headers = {"Authorization": f"Bearer {token('http://other.example/api')}"}
        if "/v1/" in path:
            headers = {"Authorization": f"Bearer {token('http://other.example/api/v1')}"}
        body = SAY if verb == "POST" else None
        answer = await emulator.http.request(verb, emulator.url + path, headers=headers, json=body)
        assert answer.is_success


async def test_an_unknown_path_is_not_found_and_a_wrong_verb_not_allowed(
    emulator: Emulator,
) -> None:
    assert (await emulator.rest("POST", "/:nothing/at/all")).status_code == 404
    assert (await emulator.rest("PATCH", "/users/ann")).status_code == 405
