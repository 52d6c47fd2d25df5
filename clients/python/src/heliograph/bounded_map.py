"""A map of bounded size, for what strangers can make us remember."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedMap(Generic[K, V]):
    """In the order in which the entries were last set or touched; the oldest go when it is full."""

    def __init__(self, most: int) -> None:
        """`most`: entries, 1 or more."""
        assert most >= 1
        self._most = most
        self._entries: dict[K, V] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value; the order stays as it is."""
        return self._entries.get(key)

    def set(self, key: K, value: V) -> None:
        """Make it the newest entry."""
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) > self._most:
            del self._entries[next(iter(self._entries))]

    def touch(self, key: K, create: Callable[[], V]) -> V:
        """The entry, made the newest; `create` makes it if there is none."""
        value = self._entries[key] if key in self._entries else create()
        self.set(key, value)
        return value

    def remove(self, key: K) -> V | None:
        """The value that it had."""
        return self._entries.pop(key, None)
