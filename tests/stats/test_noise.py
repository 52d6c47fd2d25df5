"""What noise hides: one report among others, whatever the attacker knows of the others."""

import math
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from msgspec import structs

from stats.buckets import MAX_BUCKET
from stats.digest import MEASURES
from stats.noise import CELLS, SENSITIVITY, SHARES, Noise, spread
from stats.row import Row
from stats.sums import Sum, tally
from tests.stats.reports import TODAY, row, rows, some_rows

SEEDS = 4_000
BYTES_MEASURES = ("bytes", "relay-bytes")
type Cells = Counter[tuple[str, str]]


def sums_of(rows: Iterable[Row]) -> list[Sum]:
    return [Sum(*key, n) for key, n in tally(rows).items()]


def cells_of(released: Iterable[Sum]) -> Cells:
    """In the units in which noise is drawn."""
    return Counter(
        {(s.measure, s.detail): s.n >> 20 * (s.measure in BYTES_MEASURES) for s in released}
    )


def exact(rows: Iterable[Row]) -> Cells:
    """The released sums, without noise: a chance of 0 draws none."""
    return cells_of(Noise(1).released(TODAY, sums_of(rows), lambda: 0.0))


def test_all_that_is_published_is_noised_and_the_shares_are_the_whole() -> None:
    assert SHARES.keys() == CELLS.keys() == set(MEASURES)
    assert math.isclose(sum(SHARES.values()), 1)
    assert sum(map(len, CELLS.values())) < 200  # rows a day


@given(some_rows(["A" * 22, "B" * 22]))
def test_a_report_is_in_one_sum_of_a_measure_and_moves_it_by_what_is_stated(made: Row) -> None:
    day = made.hour // 24
    found = Noise(1).released(day, sums_of([made]), lambda: 0.0)
    moved = cells_of(each for each in found if each.n)
    assert {(s.measure, s.detail) for s in found} == {(m, d) for m in CELLS for d in CELLS[m]}
    assert len({measure for measure, _ in moved}) == len(moved)
    assert all(0 < n <= SENSITIVITY.get(measure, 1) for (measure, _), n in moved.items())


def test_every_bucket_is_in_an_octave_and_comes_back_beside_itself() -> None:
    for bucket in range(88):  # of the longest times: report.py
        found = Noise(1).released(TODAY, [Sum("total", TODAY, str(bucket), False, 400)], lambda: 0)
        back = {int(s.detail): s.n for s in spread(found) if s.measure == "total" and s.n}
        assert sum(back.values()) == 400
        assert all(abs(place - bucket) < 4 and place <= MAX_BUCKET for place in back)
        assert set(back.values()) == ({400} if bucket == 0 else {100})


@pytest.mark.parametrize("n", [-7, -1, 0, 1, 6, 401])
def test_spreading_loses_nothing(n: int) -> None:
    assert sum(s.n for s in spread([Sum("ice", TODAY, "3", False, n)])) == n


def test_demonstration_data_is_nobodys_and_stays_as_it_is() -> None:
    demo = Sum("ice", TODAY, "17", True, 3)
    found = Noise(1).released(TODAY, [demo], random.Random(1).random)
    assert [s for s in spread(found) if s.demo] == [demo]


def test_one_more_is_as_much_less_probable_as_epsilon_says() -> None:
    noise, grid = Noise(10), 1_500  # calls: a scale of 2/3
    one = Counter(math.floor(-noise.scale("calls") * math.log(1 - n / grid)) for n in range(grid))
    drawn: Counter[int] = Counter()
    for a, b in ((a, b) for a in one for b in one):
        drawn[a - b] += one[a] * one[b]
    for x in range(4):
        assert math.isclose(drawn[x] / drawn[x + 1], math.exp(10 * 0.15), rel_tol=0.02)
        assert drawn[x] == drawn[-x]


def test_the_noise_is_as_wide_as_it_says() -> None:
    chance = random.Random(1).random
    for measure in ("calls", "bytes", "ice"):
        drawn = [Noise(1).draw(measure, chance) for _ in range(20_000)]
        unit = 2**20 if measure in BYTES_MEASURES else 1
        spread_of = unit * math.sqrt(sum(n * n for n in drawn) / len(drawn))
        assert math.isclose(spread_of, Noise(1).deviation(measure), rel_tol=0.03)


# --- nine made-up reports around one real one --------------------------------------------------


def guesses(epsilon: float, victims: tuple[list[Row], list[Row]]) -> float:
    """How often the best guess is right which of two the victim is.

    The attacker knows the nine others, since they are its own; sees every released sum, which is
    more than any page shows; and compares how probable each is (Neyman and Pearson: no guess is
    better). Sums that are the same in both cases tell nothing, and are left out.
    """
    noise, right, fakes = Noise(epsilon), 0, rows(9)
    expected = tuple(exact([*fakes, *victim]) for victim in victims)
    differ = [cell for cell in expected[0] if expected[0][cell] != expected[1][cell]]
    for seed in range(SEEDS):
        chance = random.Random(seed)
        truth = chance.randrange(2)
        surprise = [0.0, 0.0]  # by guess; the greater the less probable
        for cell in differ:
            seen = expected[truth][cell] + noise.draw(cell[0], chance.random)
            for guess in (0, 1):
                surprise[guess] += abs(seen - expected[guess][cell]) / noise.scale(cell[0])
        tie = surprise[0] == surprise[1]
        right += (chance.randrange(2) if tie else surprise.index(min(surprise))) == truth
    return right / SEEDS


def limit(epsilon: float) -> float:
    """The best guess between two is right so often at most; and four deviations of SEEDS tries."""
    return math.exp(epsilon) / (1 + math.exp(epsilon)) + 4 * math.sqrt(0.25 / SEEDS)


def _relayed(victims: tuple[list[Row], list[Row]]) -> tuple[list[Row], list[Row]]:
    one, other = ([structs.replace(each, turn="used") for each in rows] for rows in victims)
    return one, other


THERE = ([row(bytesUp=2**30, bytesDown=2**30, turn="used")], list[Row]())
BYTES = ([row(bytesUp=2**29, bytesDown=0)], [row(bytesUp=2**30, bytesDown=2**30)])
RELAYED = _relayed(BYTES)
OUTCOMES = ([row(outcome="failed-ice", phases={})], [row()])


@pytest.mark.parametrize("victims", [THERE, BYTES], ids=["was it there", "how many bytes"])
@pytest.mark.parametrize("epsilon", [0.1, 1])
def test_nine_fakes_around_one_report_learn_no_more_than_epsilon(
    epsilon: float, victims: tuple[list[Row], list[Row]]
) -> None:
    assert guesses(epsilon, victims) <= limit(epsilon)


def test_the_bytes_of_one_report_have_their_shares_of_epsilon() -> None:
    assert guesses(1, BYTES) <= limit(0.05)
    assert guesses(1, RELAYED) <= limit(0.2)


def test_another_report_in_its_place_is_one_less_and_one_more() -> None:
    assert guesses(0.5, OUTCOMES) <= limit(2 * 0.5)


@pytest.mark.parametrize("victims", [THERE, BYTES, OUTCOMES])
def test_with_hardly_any_noise_the_attack_works(victims: tuple[list[Row], list[Row]]) -> None:
    assert guesses(400, victims) > 0.99


def test_the_attack_is_not_a_weak_one() -> None:
    """What is there is told by many sums, each a little, so the bound is not quite reached."""
    assert 0.54 < guesses(1, THERE) < guesses(2, THERE) < guesses(4, THERE)


def test_what_is_released_is_the_sum_and_a_drawn_number() -> None:
    noise, sums = Noise(1), sums_of(rows(9))
    found = cells_of(noise.released(TODAY, sums, random.Random(3).random))
    chance = random.Random(3).random
    assert found == {cell: n + noise.draw(cell[0], chance) for cell, n in exact(rows(9)).items()}
