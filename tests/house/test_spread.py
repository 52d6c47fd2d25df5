"""The order in which files of tests run (tests/spread.py)."""

from tests.spread import spread


def order(*names: str) -> list[str]:
    """Tests called FILE:TEST; those of files with a capital letter are heavy."""
    return spread(names, lambda name: name.partition(":")[0], str.isupper)


def test_the_heavy_files_are_evenly_among_the_others_and_files_stay_whole() -> None:
    light = [f"{file}:{test}" for file in "abcdef" for test in "12"]
    heavy = [f"{file}:{test}" for file in "XY" for test in "12"]
    found = order(*heavy, *light)
    assert sorted(found) == sorted(heavy + light)
    files = [name[0] for name in found[::2]]
    assert files == [name[0] for name in found[1::2]]
    assert "".join(files) == "aXbcdYef"
    assert [name[2] for name in found] == ["1", "2"] * 8


def test_one_kind_alone_keeps_its_order() -> None:
    assert order("b:1", "a:1", "b:2") == ["b:1", "b:2", "a:1"]
    assert order("X:1", "Y:1") == ["X:1", "Y:1"]
    assert order() == []
