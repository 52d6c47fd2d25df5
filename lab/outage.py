"""Four TURN providers that are all down, and in the worst way: they take calls and never answer."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def providers_down() -> Iterator[dict[str, str]]:
    """The settings of an app whose four providers are down while the block runs."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        providers = [
            {"kind": "cloudflare", "keyId": "k", "secret": "TURN_TOKEN", "url": url},
            {"kind": "metered", "app": "a", "secret": "TURN_TOKEN", "url": url},
            {
                "kind": "twilio",
                "accountSid": "AC" + "0" * 32,
                "secret": "TURN_TOKEN",
                "url": url,
            },
            {  # coturn is not called: it is down when nobody knows its secret
                "kind": "coturn",
                "urls": ["turn:127.0.0.1:9"],
                "secret": "TURN_MISSING",
                "pricePerGB": 0.05,
            },
        ]
        yield {"TURN_PROVIDERS": json.dumps(providers), "TURN_TOKEN": "a token of the vendors"}
