"""Every billed resource that infra/ creates is in the forecast."""

import pytest

from costs.deployment import PROD
from costs.designs import OURS
from costs.forecast import bill
from costs.model import Load
from costs.resources import RESOURCES, Free
from tests.costs.terraform_files import resource_types, texts
from tests.costs.test_forecast import PRICES

TYPES = resource_types(texts())
LINES = {line.service for line in bill(Load(1_000), OURS, PROD, PRICES).lines}


def test_infra_is_read() -> None:
    assert len(TYPES) >= 30
    assert {"azurerm_private_endpoint", "Microsoft.Web/sites", "time_sleep"} <= TYPES


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_resource_that_is_created_has_a_line_or_a_reason_to_be_free(kind: str) -> None:
    assert kind in RESOURCES, f"say in costs/resources.py what {kind} costs"


@pytest.mark.parametrize(("kind", "cost"), RESOURCES.items())
def test_a_line_is_in_the_bill_and_a_reason_is_given(kind: str, cost: str | Free) -> None:
    if isinstance(cost, Free):
        assert len(cost.why) > 10
    else:
        assert cost in LINES


def test_every_line_but_that_of_turn_vendors_comes_from_a_resource() -> None:
    assert LINES - {"TURN"} == {cost for cost in RESOURCES.values() if isinstance(cost, str)}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ('resource "azurerm_nat_gateway" "this" {\n}\n', "azurerm_nat_gateway"),
        ('resource "azapi_resource" "x" {\n  type = "A.B/c@2024-01-01"\n}\n', "A.B/c"),
        (
            'locals {\n  t = "A.B/d@2024-01-01"\n}\nresource "azapi_resource_action" "x" {\n'
            "  method = 1\n  type   = local.t\n}\n",
            "A.B/d",
        ),
    ],
)
def test_a_new_resource_is_seen_however_its_type_is_written(written: str, kind: str) -> None:
    assert resource_types({"new.tf": written}) == {kind}
    assert kind not in RESOURCES
