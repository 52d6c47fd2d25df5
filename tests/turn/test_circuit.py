from hypothesis import given
from hypothesis import strategies as st

from turn.circuit import (
    COOL_DOWN_MS,
    MAX_FAILURES,
    MAX_OPEN_MS,
    REFUSED_MS,
    TRIAL_MS,
    Circuit,
    State,
    admit,
    fail,
    refuse,
    succeed,
    view,
)

T0 = 1_800_000_000_000


def opened(now: int = T0) -> Circuit:
    return fail(Circuit(), now, "timeout", at_once=True)


def test_a_new_circuit_admits_everyone() -> None:
    circuit, admitted = admit(Circuit(), T0)
    assert admitted
    assert view(circuit, T0) is State.CLOSED


def test_single_failures_are_forgiven() -> None:
    circuit = Circuit()
    for _ in range(MAX_FAILURES - 1):
        circuit = fail(circuit, T0, "server_error")
    assert admit(circuit, T0)[1]
    circuit = succeed(circuit)
    for _ in range(MAX_FAILURES - 1):
        circuit = fail(circuit, T0, "server_error")
    assert admit(circuit, T0)[1]


def test_failures_in_a_row_open_it() -> None:
    circuit = Circuit()
    for _ in range(MAX_FAILURES):
        circuit = fail(circuit, T0, "server_error")
    assert view(circuit, T0) is State.OPEN
    assert circuit.reason == "server_error"
    assert not admit(circuit, T0 + COOL_DOWN_MS - 1)[1]


def test_a_timeout_opens_it_at_once() -> None:
    assert not admit(opened(), T0)[1]


def test_after_the_cool_down_one_is_admitted() -> None:
    later = T0 + COOL_DOWN_MS
    assert view(opened(), later) is State.HALF_OPEN
    circuit, admitted = admit(opened(), later)
    assert admitted
    assert not admit(circuit, later)[1]
    assert not admit(circuit, later + TRIAL_MS - 1)[1]


def test_a_trial_that_never_comes_back_makes_way_for_another() -> None:
    circuit, _ = admit(opened(), T0 + COOL_DOWN_MS)
    assert admit(circuit, T0 + COOL_DOWN_MS + TRIAL_MS)[1]


def test_a_trial_that_succeeds_closes_it() -> None:
    circuit, _ = admit(opened(), T0 + COOL_DOWN_MS)
    assert succeed(circuit) == Circuit()


def test_every_trial_that_fails_doubles_the_wait_up_to_a_limit() -> None:
    circuit, now, waits = opened(), T0, []
    for _ in range(8):
        waits.append(circuit.until - now)
        now = circuit.until
        circuit = fail(admit(circuit, now)[0], now, "timeout")
    assert waits[:3] == [COOL_DOWN_MS, 2 * COOL_DOWN_MS, 4 * COOL_DOWN_MS]
    assert waits[-1] == MAX_OPEN_MS


def test_the_wish_of_the_provider_is_heeded_up_to_a_limit() -> None:
    def until(wish: int) -> int:
        return fail(Circuit(), T0, "rate_limited", at_once=True, retry_after_ms=wish).until - T0

    assert until(60_000) == 60_000
    assert until(1_000) == COOL_DOWN_MS
    assert until(10**9) == MAX_OPEN_MS


def test_a_refusal_is_told_apart_and_tried_again_later() -> None:
    circuit = refuse(Circuit(), T0, "unauthorized")
    assert view(circuit, T0) is State.REFUSED
    assert not admit(circuit, T0 + REFUSED_MS - 1)[1]
    trial, admitted = admit(circuit, T0 + REFUSED_MS)
    assert admitted
    assert view(refuse(trial, T0 + REFUSED_MS, "unauthorized"), T0 + REFUSED_MS) is State.REFUSED


def test_late_failures_of_others_change_nothing_that_is_open() -> None:
    circuit = opened()
    late = fail(circuit, T0 + 500, "timeout", at_once=True)
    assert (late.state, late.until, late.trips) == (State.OPEN, circuit.until, circuit.trips)
    refused = refuse(Circuit(), T0, "forbidden")
    assert fail(refused, T0, "timeout", at_once=True).state is State.REFUSED


def test_who_began_before_it_opened_is_not_admitted_after() -> None:
    assert not admit(opened(T0 + 1_000), T0)[1]


def test_a_clock_that_steps_back_does_not_keep_it_open_for_longer() -> None:
    assert admit(opened(T0 + 3_600_000), T0)[1]


Event = tuple[str, int]
events = st.lists(
    st.tuples(
        st.sampled_from(["admit", "success", "failure", "timeout", "refusal"]),
        st.integers(0, MAX_OPEN_MS),
    ),
    max_size=60,
)


def step(circuit: Circuit, kind: str, now: int) -> tuple[Circuit, bool]:
    match kind:
        case "admit":
            return admit(circuit, now)
        case "success":
            return succeed(circuit), False
        case "refusal":
            return refuse(circuit, now, "forbidden"), False
        case _:
            return fail(circuit, now, kind, at_once=kind == "timeout"), False


@given(events)
def test_nobody_is_admitted_before_the_time(history: list[Event]) -> None:
    circuit, now = Circuit(), T0
    for kind, passed in history:
        now += passed
        before = circuit
        circuit, admitted = step(circuit, kind, now)
        if admitted and before.state is not State.CLOSED:
            assert now >= before.until
            assert circuit.state is State.HALF_OPEN
            assert not admit(circuit, now)[1]  # one trial at a time


@given(events)
def test_whatever_happened_a_trial_comes_in_bounded_time_and_a_success_heals(
    history: list[Event],
) -> None:
    circuit, now = Circuit(), T0
    for kind, passed in history:
        now += passed
        circuit, _ = step(circuit, kind, now)
    trial, admitted = admit(circuit, now + max(MAX_OPEN_MS, REFUSED_MS))
    assert admitted
    assert succeed(trial) == Circuit()


@given(events, st.integers(0, MAX_OPEN_MS))
def test_what_is_told_agrees_with_who_is_admitted(history: list[Event], passed: int) -> None:
    circuit, now = Circuit(), T0
    for kind, gap in history:
        now += gap
        circuit, _ = step(circuit, kind, now)
    now += passed
    if view(circuit, now) is State.OPEN:
        assert not admit(circuit, now)[1]
    if view(circuit, now) is State.CLOSED:
        assert admit(circuit, now)[1]
