"""Which other origins may call the functions. Pure."""

from dataclasses import dataclass

from local.functions.bindings import HostRefusal

THIS_MACHINE = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


@dataclass(frozen=True, slots=True)
class Cors:
    """`Host.CORS` and `Host.CORSCredentials` of local.settings.json: exact origins.

    `this_machine`: and all pages that this machine serves, on any port.
    """

    origins: tuple[str, ...] = ()
    credentials: bool = False
    this_machine: bool = False

    def __post_init__(self) -> None:
        if self.credentials and "*" in self.origins:
            # Browsers refuse the pair, and so does ASP.NET.
            raise HostRefusal("CORS: '*' and credentials exclude each other. Name the origins.")

    @property
    def is_empty(self) -> bool:
        """Nobody else may call."""
        return not (self.origins or self.this_machine)
