"""Fault: an event that starts, lasts for some seconds, and is repaired."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.torture.servers import Servers
from tests.torture.service import Service


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The processes and servers of the run; `chance` belongs to the current fault."""

    service: Service
    servers: Servers
    chance: Random


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`strike` starts the fault for `seconds` and returns its repair, or None if the supervisor repairs it."""

    name: str
    strike: Callable[[Scene], Callable[[], object] | None]
    seconds: tuple[float, float] = (0.3, 2.5)
    integrations: bool = False  # only in runs with integrations
    lasts: bool = False  # the repair takes long; other faults happen meanwhile

    @property
    def target(self) -> str:
        """The target: a server, or a kind of process."""
        servers = [server for server in ("postgresql", "redis", "rabbitmq") if server in self.name]
        return servers[0] if servers else self.name.split()[0]
