"""The function apps, SignalR, and the page that may call them. Pure."""

import re
from collections.abc import Iterator

from tests.infra.resources import Resource, Resources, app_settings, of, signalrs, sites
from tests.infra.rules.common import expect


def sites_are_as_flex_wants(all_of_them: Resources) -> Iterator[str]:
    yield from expect(
        of(all_of_them, "azurerm_service_plan"), {"sku_name": "FC1", "os_type": "Linux"}
    )
    for site in sites(all_of_them):
        config, body = site.body["siteConfig"], site.body
        runtime = body["functionAppConfig"]["runtime"]
        deployment = body["functionAppConfig"]["deployment"]["storage"]
        facts = {
            "Python 3.13": runtime == {"name": "python", "version": "3.13"},
            "https only": body["httpsOnly"] is True,
            "TLS 1.2": config["minTlsVersion"] >= "1.2" and config["scmMinTlsVersion"] >= "1.2",
            "no FTP": config["ftpsState"] == "Disabled",
            "package by identity": deployment["authentication"]["type"] == "UserAssignedIdentity",
            "its identity": site.values["identity"][0]["type"] == "UserAssigned",
        }
        yield from (f"{site.address}: not {name}" for name, held in facts.items() if not held)
        scale = body["functionAppConfig"]["scaleAndConcurrency"]
        at_once = scale.get("triggers", {}).get("http", {}).get("perInstanceConcurrency", 1)
        threads = int(app_settings(site).get("PYTHON_THREADPOOL_THREAD_COUNT", 1))
        if not 16 <= at_once <= 32 or not at_once <= threads <= 2 * at_once:
            yield f"{site.address}: {at_once} requests at once, {threads} threads"
        if "/serverfarms/" not in body["serverFarmId"]:
            yield f"{site.address} has its plan's id in letters that Azure changes"


def stamps_are_counted(all_of_them: Resources) -> Iterator[str]:
    """Each stamp divides the ceilings of TURN by how many there are."""
    there = sites(all_of_them)
    for site in there:
        said = app_settings(site).get("HELIOGRAPH_STAMPS")
        if said != str(len(there)):
            yield f"{site.address} counts {said} stamps of {len(there)}"


def passwords_are_off(all_of_them: Resources) -> Iterator[str]:
    """Two policies for each site, one after the other: at once, Azure refuses the second."""
    for site in sites(all_of_them):
        policies = [p for p in of(all_of_them, "azapi_update_resource") if p.stamp == site.stamp]
        if len(policies) != 2 or any(p.body["allow"] for p in policies):
            yield f"somebody may deploy to {site.address} with a password"
        addresses = {p.address for p in policies}
        if sum(not p.needs & addresses for p in policies) > 1:
            yield f"{site.address}: both policies are written at once"


def cors_is_exact(all_of_them: Resources) -> Iterator[str]:
    """Known after apply: the page's own origin, and those that were allowed."""
    pages = of(all_of_them, "azapi_resource", "Microsoft.Web/staticSites")
    own = {f"https://{page.values['output']['properties']['defaultHostname']}" for page in pages}
    for each in (*sites(all_of_them), *signalrs(all_of_them)):
        cors = each.body["siteConfig"]["cors"] if each in sites(all_of_them) else each.body["cors"]
        origins = cors["allowedOrigins"]
        exact = all(re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?", origin) for origin in origins)
        if not exact or not own <= set(origins):
            yield f"{each.address} lets {origins} call"
    for site in sites(all_of_them):
        if site.body["siteConfig"]["cors"]["supportCredentials"] is not True:
            yield f"{site.address} refuses SignalR's clients, which send credentials"


def signalr_is_serverless(all_of_them: Resources) -> Iterator[str]:
    for each in signalrs(all_of_them):
        flags = {feature["flag"]: feature["value"] for feature in each.body["features"]}
        acl = each.body["networkACLs"]
        if flags.get("ServiceMode") != "Serverless":
            yield f"{each.address} is not serverless"
        if any(flags.get(f"Enable{what}Logs") != "False" for what in ("Connectivity", "Messaging")):
            yield f"{each.address} logs what people say, or from where they come"
        if acl["defaultAction"] != "Deny" or set(acl["publicNetwork"]["allow"]) != {
            "ClientConnection",
            "RESTAPI",
        }:
            yield f"{each.address} lets others in than clients and functions"
        yield from _upstream(each, all_of_them)


def _upstream(each: Resource, all_of_them: Resources) -> Iterator[str]:
    site = next(s for s in sites(all_of_them) if s.stamp == each.stamp)
    vault = next(v for v in of(all_of_them, "azurerm_key_vault") if v.stamp == each.stamp)
    wanted = (
        f"https://{site.values['name']}.azurewebsites.net/runtime/webhooks/signalr"
        f"?code={{@Microsoft.KeyVault(SecretUri={vault.values['vault_uri']}secrets/signalr-upstream-code)}}"
    )
    template = each.body["upstream"]["templates"][0]
    said = (template["hubPattern"], template["categoryPattern"], template["eventPattern"])
    if template["urlTemplate"] != wanted or said != ("signaling", "connections,messages", "*"):
        yield f"{each.address} does not call the functions of its stamp"
