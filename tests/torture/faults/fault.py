"""What a fault is: something that begins, lasts for a while, and is mended."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.torture.servers import Servers
from tests.torture.service import Service


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What faults happen to; `chance` belongs to the fault at hand."""

    service: Service
    servers: Servers
    chance: Random


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`strike` returns what mends it again, `seconds` later; None where the supervisor does."""

    name: str
    strike: Callable[[Scene], Callable[[], object] | None]
    seconds: tuple[float, float] = (0.3, 2.5)
    lasts: bool = False  # it takes long to mend; others happen meanwhile

    @property
    def target(self) -> str:
        """What it happens to: a server, or a kind of process."""
        servers = [server for server in ("postgresql", "redis", "rabbitmq") if server in self.name]
        return servers[0] if servers else self.name.split()[0]
