"""What one run is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STALENESS_SECONDS = 10.0
"""The stated bound: after an update was seen, and no Redis fault for so long, nothing older is read."""

RECOVERY_SECONDS = 10.0
"""The stated bound: the service is healthy so long after the last fault, with nobody's help.

Where the machine is so busy that the first start took more than half of it, twice as long as that start.
"""

REQUEST_SECONDS = 5.0
"""How long a client waits for an answer before it repeats the request."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The seed decides every choice of the load and of the faults; the timing is the machine's."""

    seconds: float = 60.0
    seed: int
    clients: int = 2  # buyers of each contract, and readers for each two of them
    faults: Sequence[str] = ()  # names or their beginnings, such as "redis"; none: all
    defect: str | None = None  # see tests.torture.defects
    directory: Path  # of the logs
    drain_seconds: float = 45.0  # in which outbox, jobs and queues have to be empty once the load has ended
