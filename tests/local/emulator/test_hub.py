import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.emulator.hub import HUB_NAME, MAX_USER_TTL_SECONDS, All, Connection, Group, Hub, User

NOW = 1_000.0


@pytest.fixture
def hub() -> Hub:
    """ann twice, bob once, one without a user."""
    hub = Hub()
    for connection, user in (("a1", "ann"), ("a2", "ann"), ("b1", "bob"), ("x1", None)):
        hub.connect(connection, user)
    return hub


def test_targets_resolve_to_the_connections_they_name(hub: Hub) -> None:
    hub.join("b1", "g")
    assert hub.resolve(All(), NOW) == ["a1", "a2", "b1", "x1"]
    assert hub.resolve(User("ann"), NOW) == ["a1", "a2"]
    assert hub.resolve(Connection("x1"), NOW) == ["x1"]
    assert hub.resolve(Group("g"), NOW) == ["b1"]


def test_unknown_targets_resolve_to_nobody(hub: Hub) -> None:
    for target in (User("zoe"), Connection("z"), Group("z")):
        assert hub.resolve(target, NOW) == []


def test_excluded_connections_are_left_out(hub: Hub) -> None:
    assert hub.resolve(All(), NOW, ["a1", "nobody"]) == ["a2", "b1", "x1"]
    assert hub.resolve(User("ann"), NOW, ["a1"]) == ["a2"]


def test_a_connection_that_left_is_nowhere(hub: Hub) -> None:
    hub.join("b1", "g")
    assert hub.disconnect("b1")
    assert not hub.disconnect("b1")
    assert not hub.has_connection("b1")
    assert not hub.has_user("bob")
    assert not hub.has_group("g", NOW)
    assert hub.resolve(All(), NOW) == ["a1", "a2", "x1"]


def test_a_user_is_here_until_the_last_connection_leaves(hub: Hub) -> None:
    hub.disconnect("a1")
    assert hub.has_user("ann")
    hub.disconnect("a2")
    assert not hub.has_user("ann")


def test_only_a_present_connection_joins_a_group(hub: Hub) -> None:
    assert hub.join("a1", "g")
    assert not hub.join("nobody", "g")
    assert hub.leave("a1", "g")
    assert not hub.leave("a1", "g")
    assert not hub.leave("nobody", "g")


def test_a_user_in_a_group_brings_present_and_later_connections(hub: Hub) -> None:
    hub.join_user("ann", "g", NOW)
    hub.connect("a3", "ann")
    assert hub.resolve(Group("g"), NOW) == ["a1", "a2", "a3"]


def test_a_connection_in_a_group_twice_receives_once(hub: Hub) -> None:
    hub.join("a1", "g")
    hub.join_user("ann", "g", NOW)
    assert sorted(hub.resolve(Group("g"), NOW)) == ["a1", "a2"]


def test_a_user_who_is_away_is_in_the_group_but_fills_it_only_when_back(hub: Hub) -> None:
    hub.join_user("zoe", "g", NOW)
    assert hub.has_user_in_group("zoe", "g", NOW)
    assert not hub.has_group("g", NOW)
    hub.connect("z1", "zoe")
    assert hub.resolve(Group("g"), NOW) == ["z1"]


def test_a_membership_ends_with_its_ttl(hub: Hub) -> None:
    hub.join_user("ann", "g", NOW, ttl=10)
    assert hub.resolve(Group("g"), NOW + 9.9) == ["a1", "a2"]
    assert hub.has_user_in_group("ann", "g", NOW + 9.9)
    assert not hub.has_user_in_group("ann", "g", NOW + 10)
    assert hub.resolve(Group("g"), NOW + 10) == []


def test_a_membership_without_a_ttl_lasts_a_year(hub: Hub) -> None:
    hub.join_user("ann", "g", NOW)
    hub.join_user("bob", "g", NOW, ttl=10 * MAX_USER_TTL_SECONDS)
    assert hub.has_user_in_group("ann", "g", NOW + MAX_USER_TTL_SECONDS - 1)
    assert not hub.has_group("g", NOW + MAX_USER_TTL_SECONDS)


def test_joining_again_replaces_the_ttl(hub: Hub) -> None:
    hub.join_user("ann", "g", NOW, ttl=10)
    hub.join_user("ann", "g", NOW, ttl=20)
    assert hub.has_user_in_group("ann", "g", NOW + 15)


def test_removing_a_user_takes_out_connections_added_one_by_one(hub: Hub) -> None:
    hub.join("a1", "g")
    hub.join_user("ann", "g", NOW)
    hub.join("b1", "g")
    hub.leave_user("ann", "g")
    assert hub.resolve(Group("g"), NOW) == ["b1"]
    assert not hub.has_user_in_group("ann", "g", NOW)


def test_removing_a_user_from_all_groups_leaves_others_in(hub: Hub) -> None:
    hub.join_user("ann", "g", NOW)
    hub.join_user("bob", "g", NOW)
    hub.join("a2", "h")
    hub.leave_user_all("ann")
    assert hub.resolve(Group("g"), NOW) == ["b1"]
    assert not hub.has_group("h", NOW)


def test_removing_a_connection_from_all_groups_leaves_its_siblings_in(hub: Hub) -> None:
    for group in ("g", "h"):
        hub.join("a1", group)
        hub.join("a2", group)
    hub.leave_all("a1")
    assert hub.resolve(Group("g"), NOW) == hub.resolve(Group("h"), NOW) == ["a2"]


@pytest.mark.parametrize("name", ["a", "signaling", "Chat`1", "a.b,c[d]_", "x" * 128])
def test_hub_names_of_the_service_are_allowed(name: str) -> None:
    assert HUB_NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "1a", "_a", "a-b", "a b", "a/b", "ä", "a\n", "x" * 129])
def test_other_hub_names_are_not(name: str) -> None:
    assert not HUB_NAME.fullmatch(name)


connections = st.sampled_from(["c1", "c2", "c3", "c4"])
users = st.sampled_from(["u1", "u2"])
groups = st.sampled_from(["g1", "g2"])
steps = st.one_of(
    st.tuples(st.just("connect"), connections, users),
    st.tuples(st.just("disconnect"), connections),
    st.tuples(st.just("join"), connections, groups),
    st.tuples(st.just("leave"), connections, groups),
    st.tuples(st.just("leave_all"), connections),
    st.tuples(st.just("join_user"), users, groups, st.just(NOW)),
    st.tuples(st.just("leave_user"), users, groups),
    st.tuples(st.just("leave_user_all"), users),
)


@given(st.lists(steps, max_size=40))
def test_groups_hold_only_present_connections_after_any_steps(
    history: list[tuple[str, ...]],
) -> None:
    hub = Hub()
    for name, *arguments in history:
        if name == "connect" and hub.has_connection(arguments[0]):
            continue  # connection ids are never used twice
        getattr(hub, name)(*arguments)
    everyone = set(hub.resolve(All(), NOW))
    for group in ("g1", "g2"):
        members = hub.resolve(Group(group), NOW)
        assert set(members) <= everyone
        assert len(members) == len(set(members))
    for connection in everyone:
        hub.disconnect(connection)
    for user in ("u1", "u2"):
        hub.leave_user_all(user)
    assert not any((hub._connections, hub._users, hub._groups, hub._joined))
