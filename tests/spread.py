"""The order in which the files of tests run: those that drive a browser evenly among the others.

A browser wants a core to itself, and most other tests wait. In the order of their folders, as many
browsers as there are workers would run at once, and none for the rest of the time.
"""

from collections.abc import Callable, Hashable, Iterable


def spread[T](
    items: Iterable[T], file_of: Callable[[T], Hashable], is_heavy: Callable[[T], bool]
) -> list[T]:
    """The items of a file stay together, in their order; a file with a heavy one is heavy."""
    files: dict[Hashable, list[T]] = {}
    for item in items:
        files.setdefault(file_of(item), []).append(item)
    heavy = [file for file in files.values() if any(map(is_heavy, file))]
    light = [file for file in files.values() if not any(map(is_heavy, file))]
    # Of both kinds the nth of m lies at (n + 1/2) / m of the whole.
    placed = [
        ((place + 0.5) / len(kind), rank, file)
        for rank, kind in enumerate((heavy, light))
        for place, file in enumerate(kind)
    ]
    placed.sort(key=lambda each: each[:2])
    return [item for _, _, file in placed for item in file]
