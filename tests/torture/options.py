"""Options of one run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STALENESS_SECONDS = 10.0
"""The stated limit: after a client saw an update, and without a Redis fault for this long, no read is older."""

RECOVERY_SECONDS = 10.0
"""The stated limit in seconds: the service recovers by itself within this time after the last fault.

On a busy machine, where the first start took more than half of it, the limit is twice the duration of that start.
"""

REQUEST_SECONDS = 5.0
"""Seconds until a client repeats a request that has no response."""

DELIVERY_SECONDS = 60.0
"""The stated limit in seconds after the load, in which each webhook is delivered if its pauses are shortened."""

INTEGRATION_SECONDS = 60.0
"""The duration of a run from which on integrations take part by default."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The seed determines every choice of the load and the faults, but not the timing."""

    seconds: float = 60.0
    seed: int
    clients: int = 2  # buyers per contract, and one reader for two of them
    pace: float = 1.0  # factor of the pauses between two rounds of a client
    faults: Sequence[str] = ()  # parts of names, such as "redis"; none: all
    defect: str | None = None  # see tests.torture.defects
    integrations: bool | None = None  # event feed, webhooks, payment messages; None: by duration
    forked: bool = False  # whether the service's processes are forked from one that has imported it
    directory: Path  # directory of the logs
    drain_seconds: float = 45.0  # seconds until outbox, jobs and queues must be empty after the load has ended

    @property
    def has_integrations(self) -> bool:
        return self.seconds >= INTEGRATION_SECONDS if self.integrations is None else self.integrations
