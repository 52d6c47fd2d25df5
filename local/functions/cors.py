"""Which other origins may call the functions. Pure."""

from dataclasses import dataclass

from local.functions.bindings import HostRefusal


@dataclass(frozen=True, slots=True)
class Cors:
    """`Host.CORS` and `Host.CORSCredentials` of local.settings.json: exact origins."""

    origins: tuple[str, ...] = ()
    credentials: bool = False

    def __post_init__(self) -> None:
        if self.credentials and "*" in self.origins:
            # Browsers refuse the pair, and so does ASP.NET.
            raise HostRefusal("CORS: '*' and credentials exclude each other. Name the origins.")
