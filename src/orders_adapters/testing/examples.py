"""Example data: well-known people, moments and orders."""

from datetime import UTC, datetime, timedelta

from orders_adapters.system.ids import UuidSequence
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus, Origin, Role
from orders_domain.model.status import TargetStatus
from orders_domain.model.values.json_values import JSON
from orders_domain.ports.clock import NewId

NOON = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)

ADA = Actor(subject="ada", request_id="request-of-ada")
GRACE = Actor(subject="grace", request_id="request-of-grace")
CLERK = Actor(subject="clerk", scopes=frozenset({"orders:write"}))
ADMIN = Actor(subject="root", role=Role.ADMIN)

new_id: NewId = UuidSequence()

LAMP: dict[str, JSON] = {"sku": "LAMP-1", "quantity": 2, "unit_price": 25.0}
CABLE: dict[str, JSON] = {"sku": "CABLE-7", "qty": 3, "price": 8.5}
TOTAL = Money(7550, "USD")  # two lamps and three cables


class Clock:
    """An adjustable clock."""

    def __init__(self, start: datetime = NOON) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


def items(*contents: dict[str, JSON]) -> tuple[CustomItem, ...]:
    return tuple(CustomItem(content) for content in contents or (LAMP, CABLE))


def placed(
    *, by: Actor = ADA, at: datetime = NOON, lines: tuple[CustomItem, ...] | None = None, origin: Origin = Origin.ORDERS
) -> Order:
    """A new order of two lamps and three cables for 75.50 USD; orders of other lines have an unknown sum."""
    return Order.place(order_id=new_id(), origin=origin, items=lines or items(), total=TOTAL, by=by, at=at)


def only(status: OrderStatus) -> TargetStatus:
    """The status as a target without equivalent statuses."""
    return TargetStatus(status, frozenset({status}))
