"""What has to hold of a deployment: rules over what its states hold. Pure.

Each rule answers with a sentence for every fault; without faults there are none. The tests hold
the real deployment to them, and the mutations hold the rules to what they promise.
"""

from tests.infra.resources import Resources
from tests.infra.rules.access import (
    nothing_leaks,
    roles_are_the_least,
    roles_are_waited_for,
    secrets_are_references,
    signalr_goes_by_identity,
    signalr_reads_one_secret,
    vaults_go_by_roles,
)
from tests.infra.rules.apps import (
    cors_is_exact,
    passwords_are_off,
    signalr_is_serverless,
    sites_are_as_flex_wants,
    stamps_are_counted,
)
from tests.infra.rules.common import Rule
from tests.infra.rules.states import (
    everything_is_tagged,
    names_are_ours_alone,
    prod_is_locked,
    prod_outlives_a_zone,
    stamps_are_apart,
    states_are_of_one_stamp,
)
from tests.infra.rules.stores import (
    settings_are_those_the_app_reads,
    sql_costs_little,
    sql_is_entra_only,
    sql_is_narrow,
    storage_is_closed,
    stores_are_those_the_app_names,
    tables_need_no_key,
    the_page_wakes_what_sleeps_rarely,
)
from tests.infra.rules.watching import (
    METRICS,
    alerts_are_all_there,
    alerts_watch_what_exists,
    budget_tells_early,
    telemetry_goes_by_identity,
    what_happens_is_logged,
)

__all__ = ["METRICS", "RULES", "Rule", "faults"]

RULES: tuple[Rule, ...] = (
    storage_is_closed,
    tables_need_no_key,
    sql_is_entra_only,
    sql_is_narrow,
    sql_costs_little,
    vaults_go_by_roles,
    roles_are_the_least,
    roles_are_waited_for,
    signalr_reads_one_secret,
    signalr_goes_by_identity,
    secrets_are_references,
    telemetry_goes_by_identity,
    sites_are_as_flex_wants,
    stamps_are_counted,
    passwords_are_off,
    cors_is_exact,
    signalr_is_serverless,
    everything_is_tagged,
    stamps_are_apart,
    states_are_of_one_stamp,
    names_are_ours_alone,
    prod_is_locked,
    prod_outlives_a_zone,
    alerts_watch_what_exists,
    alerts_are_all_there,
    budget_tells_early,
    what_happens_is_logged,
    nothing_leaks,
    settings_are_those_the_app_reads,
    the_page_wakes_what_sleeps_rarely,
    stores_are_those_the_app_names,
)


def faults(all_of_them: Resources) -> list[str]:
    """Of every rule."""
    return [f"{rule.__name__}: {fault}" for rule in RULES for fault in rule(all_of_them)]
