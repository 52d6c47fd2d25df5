"""The configuration of the providers: JSON to typed, checked values, and those to providers.

    [{"kind": "cloudflare", "keyId": "…", "secret": "TURN_CLOUDFLARE_TOKEN", "weight": 3},
     {"kind": "coturn", "urls": ["turn:relay.example:3478"], "secret": "TURN_COTURN_SECRETS",
      "pricePerGB": 0.08}]

`secret` names a secret. Its value is looked up at every mint, so it is rotated without a restart.
"""

import re
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from turn.providers import ConfigurationError, Provider, Secrets
from turn.providers.cloudflare import Cloudflare, CloudflareConfig
from turn.providers.coturn import Coturn, CoturnConfig
from turn.providers.metered import Metered, MeteredConfig
from turn.providers.twilio import Twilio, TwilioConfig

MAX_PROVIDERS = 8

type ProviderConfig = CloudflareConfig | CoturnConfig | MeteredConfig | TwilioConfig


def parse_providers(text: str) -> tuple[ProviderConfig, ...]:
    """In the order given; names are unique. Empty text is no providers.

    Raises ConfigurationError, which names the member and shows no value.
    """
    if not text.strip():
        return ()
    try:
        found = msgspec.json.decode(text, type=tuple[ProviderConfig, ...])
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(error)) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ConfigurationError("the list of providers is not valid JSON") from None
    if len(found) > MAX_PROVIDERS:
        raise ConfigurationError(f"there are more than {MAX_PROVIDERS} providers")
    named = tuple(replace(config, name=config.name or config.kind) for config in found)
    for place, config in enumerate(named):
        if config.name in [other.name for other in named[:place]]:
            raise ConfigurationError(f"[{place}].name is that of another provider")
    return named


def connect(configs: Iterable[ProviderConfig], secrets: Secrets) -> tuple[Provider, ...]:
    """The providers themselves. Nothing is called, imported or looked up yet."""
    return tuple(_connect(config, secrets) for config in configs)


def _connect(config: ProviderConfig, secrets: Secrets) -> Provider:
    match config:
        case CloudflareConfig():
            return Cloudflare(config, secrets)
        case CoturnConfig():
            return Coturn(config, secrets)
        case MeteredConfig():
            return Metered(config, secrets)
        case TwilioConfig():
            return Twilio(config, secrets)


def _explain(error: msgspec.ValidationError) -> str:
    """The words of msgspec without those that quote what was written."""
    said, _, path = (
        str(error).rpartition(" - at ") if " - at " in str(error) else (str(error), "", "")
    )
    place = path.strip("`").removeprefix("$") or "the list of providers"
    if isinstance(error.__cause__, ConfigurationError):
        return f"{place}.{error.__cause__}"
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", said):
        return f"{place}.{missing[1]} is missing"
    if unknown := re.fullmatch(r"Object contains unknown field `(\w{1,32})`", said):
        return f"{place}.{unknown[1]} is not known"
    if said.startswith("Expected "):
        return f"{place} does not fit: {said[0].lower()}{said[1:]}"
    return f"{place} does not fit"
