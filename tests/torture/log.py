"""Clients' log: every attempt, with its request and its outcome."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Outcome(StrEnum):
    """What a client may conclude from an attempt."""

    ACKNOWLEDGED = "acknowledged"  # the change was made
    REFUSED = "refused"  # this attempt made no change, and never will
    RETRY = "to be retried"  # not now; the store may have committed it nevertheless
    UNKNOWN = "no answer"  # the change was made, or may still be made
    FORBIDDEN = "not allowed"  # the contract does not allow this response


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One attempt. All attempts of one request have the same request id."""

    client: str
    kind: str  # such as "orders.place"
    request_id: str
    began: float  # time.monotonic, as all times here
    ended: float
    outcome: Outcome
    status: int | None = None
    order: str | None = None  # the UUID or the number of the order
    version: int | None = None
    word: str | None = None  # the status in the words of the contract
    subject: str | None = None  # another subject of the operation, such as a token
    amount: int | None = None
    detail: str = ""


class OperationLog:
    """Written by all threads; optionally to a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._operations: list[Operation] = []
        self._file = path.open("w")

    def add(self, operation: Operation) -> None:
        line = json.dumps({name: value for name, value in asdict(operation).items() if value is not None})
        with self._lock:
            self._operations.append(operation)
            if not self._file.closed:
                self._file.write(f"{line}\n")

    @property
    def operations(self) -> Sequence[Operation]:
        with self._lock:
            return list(self._operations)

    def __len__(self) -> int:
        return len(self._operations)

    def close(self) -> None:
        with self._lock:
            self._file.close()


@dataclass(kw_only=True)
class FeedPage:
    """A page of the event feed that a reader has recorded, after so many resumptions; its cursor is stored later."""

    reader: str
    resumptions: int
    events: Sequence[Mapping[str, Any]]
    is_stored: bool = False  # the cursor


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A webhook endpoint of a receiver. Without types it selects all."""

    id: str
    name: str  # of the receiver
    types: Sequence[str] | None
    ordered: bool


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A request to a webhook receiver. `status` is None if it was not answered, and `flaw` why it is not valid."""

    receiver: str
    id: str  # of the event
    body: str
    status: int | None = None
    flaw: str | None = None


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A fault, with its start and its end."""

    name: str
    began: float
    ended: float
    detail: str = ""


def now() -> float:
    return time.monotonic()
