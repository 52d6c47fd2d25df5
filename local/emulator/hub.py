"""One hub: its connections, users and groups, and who receives what.

Source: the data-plane REST reference (api-version 2022-06-01). Pure: times are arguments, in
seconds on any one clock. Every change of a hub's state is in this file.

A group has two kinds of members: connections, added one by one, and users, added with a time to
live. A user stands for all connections the user has when a message is sent, so one that comes
later belongs to the group without further steps.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")  # the whole of it, case aside
MAX_USER_TTL_SECONDS = 365 * 24 * 3600  # a user stays in a group at most a year


@dataclass(frozen=True, slots=True)
class All:
    """Every connection of the hub."""


@dataclass(frozen=True, slots=True)
class Group:
    """Every connection and every user in this group."""

    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Every connection of this user."""

    id: str


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection."""

    id: str


Target = All | Group | User | Connection


@dataclass(slots=True)
class _Members:
    connections: set[str] = field(default_factory=set)
    users: dict[str, float] = field(default_factory=dict)  # user → when the membership ends

    def __bool__(self) -> bool:
        return bool(self.connections or self.users)


class Hub:
    """Who is here and in which groups. Unknown names are never an error: they match nobody."""

    def __init__(self) -> None:
        self._connections: dict[str, str | None] = {}  # connection → user
        self._users: dict[str, dict[str, None]] = {}  # user → connections, oldest first
        self._groups: dict[str, _Members] = {}
        self._joined: dict[str, set[str]] = {}  # connection → groups it was added to itself

    # --- connections --------------------------------------------------------------------------

    def connect(self, connection: str, user: str | None) -> None:
        """A new connection. `user` is None for a client without a user id."""
        self._connections[connection] = user
        if user is not None:
            self._users.setdefault(user, {})[connection] = None

    def disconnect(self, connection: str) -> bool:
        """Forgets the connection and its own memberships; its user's stay. False if unknown."""
        if connection not in self._connections:
            return False
        self.leave_all(connection)
        user = self._connections.pop(connection)
        if user is not None:
            siblings = self._users[user]
            del siblings[connection]
            if not siblings:
                del self._users[user]
        return True

    # --- connections in groups ----------------------------------------------------------------

    def join(self, connection: str, group: str) -> bool:
        """False if there is no such connection."""
        if connection not in self._connections:
            return False
        self._members(group).connections.add(connection)
        self._joined.setdefault(connection, set()).add(group)
        return True

    def leave(self, connection: str, group: str) -> bool:
        """False if the connection was not in the group by itself."""
        groups = self._joined.get(connection, set())
        if group not in groups:
            return False
        groups.discard(group)
        if not groups:
            del self._joined[connection]
        self._groups[group].connections.discard(connection)
        self._prune(group)
        return True

    def leave_all(self, connection: str) -> None:
        """Take the connection out of every group it was added to by itself."""
        for group in tuple(self._joined.get(connection, ())):
            self.leave(connection, group)

    # --- users in groups ----------------------------------------------------------------------

    def join_user(self, user: str, group: str, now: float, ttl: float | None = None) -> None:
        """The user is in the group for `ttl` seconds, a year at most; again replaces the time."""
        self._members(group).users[user] = now + min(
            MAX_USER_TTL_SECONDS if ttl is None else ttl, MAX_USER_TTL_SECONDS
        )

    def leave_user(self, user: str, group: str) -> None:
        """Also takes out the user's present connections, however they came into the group."""
        if group in self._groups:
            self._groups[group].users.pop(user, None)
            self._prune(group)
        for connection in self._users.get(user, ()):
            self.leave(connection, group)

    def leave_user_all(self, user: str) -> None:
        """Take the user, and the user's present connections, out of every group."""
        for group in tuple(name for name, members in self._groups.items() if user in members.users):
            self.leave_user(user, group)
        for connection in self._users.get(user, ()):
            self.leave_all(connection)

    # --- questions ----------------------------------------------------------------------------

    def has_connection(self, connection: str) -> bool:
        """Whether the connection is open."""
        return connection in self._connections

    def has_user(self, user: str) -> bool:
        """Whether the user has at least one open connection."""
        return user in self._users

    def has_group(self, group: str, now: float) -> bool:
        """True while at least one connection would receive a message to the group."""
        return any(True for _ in self._in_group(group, now))

    def has_user_in_group(self, user: str, group: str, now: float) -> bool:
        """Whether the user itself was added to the group, and for longer than `now`."""
        members = self._groups.get(group)
        return members is not None and members.users.get(user, now) > now

    def resolve(self, target: Target, now: float, excluded: Collection[str] = ()) -> list[str]:
        """The connections a message to `target` goes to, each once, without the `excluded`."""
        skip = frozenset(excluded)
        return [
            connection for connection in self._candidates(target, now) if connection not in skip
        ]

    def _candidates(self, target: Target, now: float) -> Iterator[str]:
        match target:
            case All():
                yield from self._connections
            case Group(name):
                yield from self._in_group(name, now)
            case User(id):
                yield from self._users.get(id, ())
            case Connection(id):
                if id in self._connections:
                    yield id

    def _in_group(self, group: str, now: float) -> Iterator[str]:
        members = self._groups.get(group)
        if members is None:
            return
        for user in [user for user, end in members.users.items() if end <= now]:
            del members.users[user]
        self._prune(group)
        yield from members.connections
        for user in members.users:
            for connection in self._users.get(user, ()):
                if connection not in members.connections:
                    yield connection

    def _members(self, group: str) -> _Members:
        return self._groups.setdefault(group, _Members())

    def _prune(self, group: str) -> None:
        if not self._groups[group]:
            del self._groups[group]
