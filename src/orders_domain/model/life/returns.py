"""Returns of an order: shipped units that may come back, and those that did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from orders_domain.model.values.json_values import JSON, known

Received: TypeAlias = tuple[int, int, bool]
"""The number of a line, a quantity, and whether it went back to the stock; otherwise it is written off."""


class ReturnState(Enum):
    AUTHORIZED = "authorized"  # units may still come
    RECEIVED = "received"  # every unit came
    REFUSED = "refused"  # no further unit may come


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Units that the customer may send back."""

    id: str
    lines: tuple[tuple[int, int], ...]  # number of a line and quantity
    reason: str
    state: ReturnState = ReturnState.AUTHORIZED
    received: tuple[Received, ...] = ()
    refusal: str | None = None  # the reason

    @property
    def open_units(self) -> dict[int, int]:
        """The units of each line that may still come."""
        return self.missing_units if self.state is ReturnState.AUTHORIZED else {}

    @property
    def missing_units(self) -> dict[int, int]:
        """The units of each line that did not come."""
        came = sums(self.received)
        return {number: left for number, units in self.lines if (left := units - came.get(number, 0))}

    def as_json(self) -> dict[str, JSON]:
        return {
            "id": self.id,
            "lines": [list(line) for line in self.lines],
            "reason": self.reason,
            "state": self.state.value,
            "received": [list(received) for received in self.received],
            "refusal": self.refusal,
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Return:
        changed = {
            "lines": tuple((number, units) for number, units in members["lines"]),
            "state": ReturnState(members["state"]),
            "received": tuple((number, units, restocked) for number, units, restocked in members["received"]),
        }
        return cls(**{**known(cls, members), **changed})


def sums(received: Iterable[Received]) -> dict[int, int]:
    """Return the units of each line, restocked or not."""
    units: dict[int, int] = {}
    for number, quantity, _ in received:
        units[number] = units.get(number, 0) + quantity
    return units


def awaited_units(returns: Sequence[Return]) -> dict[int, int]:
    """Return the units of each line that may still come back."""
    units: dict[int, int] = {}
    for returned in returns:
        for number, quantity in returned.open_units.items():
            units[number] = units.get(number, 0) + quantity
    return units
