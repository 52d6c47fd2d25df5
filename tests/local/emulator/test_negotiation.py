import pytest

from local.emulator.negotiation import AlreadyConnected, Negotiations, NotNegotiated


@pytest.fixture
def negotiations() -> Negotiations:
    negotiations = Negotiations(lifetime=5)
    negotiations.issue("token", "connection", "hub", now=100)
    return negotiations


def test_a_token_opens_its_connection(negotiations: Negotiations) -> None:
    assert negotiations.claim("token", "hub", now=104) == "connection"


def test_a_token_in_use_is_refused_and_one_used_up_is_unknown(negotiations: Negotiations) -> None:
    negotiations.claim("token", "hub", now=101)
    with pytest.raises(AlreadyConnected):
        negotiations.claim("token", "hub", now=200)
    negotiations.release("token")
    with pytest.raises(NotNegotiated):
        negotiations.claim("token", "hub", now=200)


def test_an_unclaimed_token_expires(negotiations: Negotiations) -> None:
    with pytest.raises(NotNegotiated):
        negotiations.claim("token", "hub", now=105)


def test_a_token_is_unknown_to_another_hub_and_stays_good_for_its_own(
    negotiations: Negotiations,
) -> None:
    with pytest.raises(NotNegotiated):
        negotiations.claim("token", "other", now=101)
    assert negotiations.claim("token", "hub", now=101) == "connection"


def test_an_unknown_token_is_refused(negotiations: Negotiations) -> None:
    with pytest.raises(NotNegotiated):
        negotiations.claim("guess", "hub", now=101)
