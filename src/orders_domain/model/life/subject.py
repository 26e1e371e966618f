"""The parts of an order that its life reads and changes; the order itself imports them from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from orders_domain.model.custom_item import CustomItem
from orders_domain.model.life.charges import Charge
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.json_values import JSON
from orders_domain.model.values.money import Money

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.life.state import Life
    from orders_domain.model.product import OrderLine


class Subject(Protocol):
    """An order."""

    @property
    def items(self) -> Sequence[CustomItem]: ...
    @property
    def lines(self) -> Sequence[OrderLine]: ...
    @property
    def charges(self) -> tuple[Charge, ...]: ...
    @property
    def total(self) -> Money: ...
    @property
    def status(self) -> OrderStatus: ...
    @property
    def cancellation_reason(self) -> str | None: ...
    @property
    def version(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def life(self) -> Life: ...

    def record(
        self, kind: str, details: Mapping[str, JSON], *, status: OrderStatus | None = None, by: Actor, at: datetime
    ) -> None: ...

    def cancel(self, reason: str | None, *, by: Actor, at: datetime) -> None: ...
