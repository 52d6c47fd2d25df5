"""Where things are kept: storage, the database, and the settings that name them. Pure."""

from collections.abc import Iterator

from backend.reports import QUEUE
from backend.wiring import TABLE
from tests.infra.app import HOST, UNSET, settings_read
from tests.infra.resources import Resources, app_settings, of, secret_name, secrets, sites
from tests.infra.rules.access import SIGNALR_KEY
from tests.infra.rules.common import expect


def storage_is_closed(all_of_them: Resources) -> Iterator[str]:
    """No public blob, no shared key, TLS 1.2, nothing copied to other tenants."""
    wanted = {
        "allow_nested_items_to_be_public": False,
        "shared_access_key_enabled": False,
        "default_to_oauth_authentication": True,
        "https_traffic_only_enabled": True,
        "cross_tenant_replication_enabled": False,
        "local_user_enabled": False,
        "min_tls_version": "TLS1_2",
    }
    yield from expect(of(all_of_them, "azurerm_storage_account"), wanted)
    containers = of(all_of_them, "azurerm_storage_container")
    yield from expect(containers, {"container_access_type": "private"})
    for account in of(all_of_them, "azurerm_storage_account"):
        for network in account.values["network_rules"] or [{"default_action": "Allow"}]:
            if network["default_action"] != "Deny" or not network["virtual_network_subnet_ids"]:
                yield f"{account.address} is open to every network"


def tables_need_no_key(all_of_them: Resources) -> Iterator[str]:
    """azurerm_storage_table reads and writes policies with the account's key, which is refused."""
    for table in of(all_of_them, "azurerm_storage_table"):
        yield f"{table.address} is made with the account's key"


def sql_is_entra_only(all_of_them: Resources) -> Iterator[str]:
    servers = of(all_of_them, "azurerm_mssql_server")
    wanted = {"minimum_tls_version": "1.2", "administrator_login": None}
    yield from expect(servers, wanted)
    for server in servers:
        admins = server.values["azuread_administrator"]
        if [admin["azuread_authentication_only"] for admin in admins] != [True]:
            yield f"{server.address} takes passwords"
    audit = of(all_of_them, "azurerm_mssql_server_extended_auditing_policy")
    yield from expect(audit, {"enabled": True, "log_monitoring_enabled": True})


def sql_is_narrow(all_of_them: Resources) -> Iterator[str]:
    """Single addresses from outside; each stamp comes by an endpoint of its own."""
    for rule in of(all_of_them, "azurerm_mssql_firewall_rule"):
        start, end = rule.values["start_ip_address"], rule.values["end_ip_address"]
        if start != end or start == "0.0.0.0":
            yield f"{rule.address} lets {start} to {end} in"
    with_endpoint = {e.stamp for e in of(all_of_them, "azurerm_private_endpoint")}
    for site in sites(all_of_them):
        if site.stamp not in with_endpoint:
            yield f"{site.address} has no way to the database"


FIXED_PRICE = ("Basic", "S0")  # always awake, for 5 and 15 US dollars a month


def sql_costs_little(all_of_them: Resources) -> Iterator[str]:
    """Serverless and allowed to sleep, or of a small size at a fixed price."""
    for database in of(all_of_them, "azurerm_mssql_database"):
        sku = str(database.values["sku_name"])
        if sku in FIXED_PRICE:
            continue
        if not sku.startswith("GP_S_"):
            yield f"{database.address} is {sku}, which is paid while nobody uses it"
        elif not (database.values["auto_pause_delay_in_minutes"] or 0) > 0:
            yield f"{database.address} never sleeps"


def the_page_wakes_what_sleeps_rarely(all_of_them: Resources) -> Iterator[str]:
    """`GET /api/stats` is public: a few wakes a day, or no count where nothing sleeps."""
    (database,) = of(all_of_them, "azurerm_mssql_database")
    sleeps = (database.values["auto_pause_delay_in_minutes"] or 0) > 0
    for site in sites(all_of_them):
        wakes = int(app_settings(site)["STATS_WAKES_PER_DAY"])
        if sleeps and wakes > 24:
            yield f"{site.address} wakes the database {wakes} times a day"
        if not sleeps and wakes != 96:
            yield f"{site.address} counts wakes of a database that does not sleep"


def settings_are_those_the_app_reads(all_of_them: Resources) -> Iterator[str]:
    """What the app reads is set, and what is set is read. Exceptions: tests/infra/app.py."""
    wanted = settings_read() - UNSET.keys() | HOST.keys()
    by_identity = {name for name in HOST if name.startswith(f"{SIGNALR_KEY}__")}
    for site in sites(all_of_them):
        there = app_settings(site).keys()
        if SIGNALR_KEY in there:  # instead of the identity, where it was asked for
            wanted = wanted - by_identity | {SIGNALR_KEY}
        yield from (f"{site.address} does not set {name}" for name in sorted(wanted - there))
        yield from (f"{site.address} sets {name}: who reads it?" for name in sorted(there - wanted))
        if "HELIOGRAPH-SIGNING-KEYS" not in {secret_name(s) for s in secrets(all_of_them)}:
            yield f"{site.stamp} has no signing keys in its vault"


def stores_are_those_the_app_names(all_of_them: Resources) -> Iterator[str]:
    """The table, the queue and the poison queue by the names that the code has, and let into."""
    assignments = of(all_of_them, "azurerm_role_assignment")
    scopes = {(a.stamp, a.values["scope"].rpartition("/")[2]) for a in assignments}
    made = of(all_of_them, "azapi_resource", "Microsoft.Storage/storageAccounts/tableServices/")
    tables = {(t.stamp, t.values["name"]) for t in made}
    queues = {(q.stamp, q.values["name"]) for q in of(all_of_them, "azurerm_storage_queue")}
    for site in sites(all_of_them):
        wanted = {(site.stamp, QUEUE), (site.stamp, f"{QUEUE}-poison")}
        if (site.stamp, TABLE) not in tables or not wanted <= queues:
            yield f"{site.stamp} has not the table {TABLE}, {QUEUE} and its poison"
        if not wanted | {(site.stamp, TABLE)} <= scopes:
            yield f"the functions of {site.stamp} are kept out of a store"
