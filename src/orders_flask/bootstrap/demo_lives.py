"""Lives of the past orders: the customer of each, and its way through the states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid4

from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.address import Address
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.life import changes, paying, returning, shipping
from orders_domain.model.life.charges import Charge, ChargeKind, added_total
from orders_domain.model.life.lines import open_units, quantities
from orders_domain.model.life.payments import Payment, PaymentKind
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.shipments import ShipmentEvent, ShipmentState
from orders_domain.model.life.state import Life
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.model.product import OrderLine, Product
from orders_domain.model.status import OrderStatus, TargetStatus

OWNER = "ann"
SOURCES = ("web-shop", "app", "phone")
_ADMIN = Actor(subject="admin", role=Role.ADMIN)
_ANN = Actor(subject=OWNER)
_NAMES = (
    *("Ada Brandt", "Ben Okafor", "Carla Núñez", "David Kim", "Elif Yılmaz", "Finn Larsen", "Grace Hopper"),
    *("Hugo Meyer", "Ines Costa", "Jonas Weber", "Kiran Patel", "Lea Rossi", "Mats Öberg", "Nora O’Brien"),
    *("Olga Petrova", "Paul Dubois", "Quinn Taylor", "Rosa Jiménez", "Sam Novak", "Tessa van Dijk"),
)
_CITIES = (
    ("12 Market Street", "Portland", "OR", "97204"),
    ("8 Elm Road", "Burlington", "VT", "05401"),
    ("301 Lake View", "Madison", "WI", "53703"),
    ("77 Harbor Drive", "San Diego", "CA", "92101"),
)
_TAGS = ("gift", "vip", "wholesale", "fragile", "first order")
_CARRIERS = ("DHL", "UPS", "FedEx")
_REASONS = ("The address is to be checked.", "The payment is to be checked.", "The customer asked to wait.")
_NOTES = ("Called; wants it on Friday.", "Leave it with the neighbour.", "A gift, so no invoice in the parcel.")


def placed(position: int, *, at: datetime, products: Sequence[Product], chance: Random) -> Order:
    """Return a new order of one to three products; some have own items, tags, a discount or another contract."""
    chosen = sorted(chance.sample(products, chance.choice((1, 1, 2, 2, 3))), key=lambda product: product.id)
    lines = [
        OrderLine(
            product_id=product.id,
            quantity=chance.choice((1, 1, 1, 2, 2, 3, 6)),
            unit_price=product.price,
            sku=product.sku,
            title=product.name,
        )
        for product in chosen
    ]
    currency = lines[0].unit_price.currency
    items = [CustomItem({"title": "Gift wrapping", "quantity": 1, "unit_price_minor": 300})] if not position % 9 else []
    subtotals = [300 for _ in items] + [line.subtotal.minor for line in lines]
    charges = _charges(sum(subtotals), position)
    return Order.place(
        order_id=uuid4(),
        origin=Origin.SHOP if position % 12 else Origin.MANAGEMENT,
        items=items,
        lines=lines,
        total=added_total(subtotals, charges, currency),
        user_id=OWNER,
        placing=Placing(
            source=SOURCES[position % len(SOURCES)],
            reference=f"{10_000 + position}",
            charges=charges,
            contact=_contact(chance),
            life=Life(tags=tuple(sorted(chance.sample(_TAGS, chance.choice((0, 0, 0, 1, 1, 2)))))),
        ),
        by=_ANN,
        at=at,
    )


def live(order: Order, chance: Random, *, now: datetime) -> None:
    """Let everything happen to the order that has by now; what would be later has not happened yet."""
    life = _Life(order=order, chance=chance, now=now)
    try:
        _way(order)(life)
    except _NotYet:
        return


class _NotYet(Exception):
    """The next change is in the future."""


@dataclass(kw_only=True)
class _Life:
    """An order, and the moment of its last change."""

    order: Order
    chance: Random
    now: datetime
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.order.created_at

    def wait(self, *, hours: float) -> datetime:
        self.at += timedelta(hours=hours * self.chance.uniform(0.3, 1.7))
        if self.at >= self.now:
            raise _NotYet
        return self.at

    def set_status(self, status: OrderStatus, *, hours: float, reason: str | None = None) -> None:
        target = TargetStatus(status, frozenset({status}))
        self.order.change_status(target, reason=reason, by=_ADMIN, at=self.wait(hours=hours))

    def confirm(self) -> None:
        self.set_status(OrderStatus.CONFIRMED, hours=3)

    def record(self, kind: PaymentKind, amount: int, *, hours: float) -> None:
        at = self.wait(hours=hours)
        reference = f"{kind.value[:3]}_{self.order.reference}_{len(self.order.life.payments)}"
        fact = Payment(
            id=str(uuid4()),
            provider="demo",
            reference=reference,
            kind=kind,
            amount_minor=amount,
            occurred_at=at,
            recorded_at=at,
        )
        paying.record_payment(self.order, fact, by=_ADMIN, at=at)

    def pay(self, *, hours: float = 2) -> None:
        self.record(PaymentKind.CAPTURED, self.order.total.minor, hours=hours)

    def ship(self, lines: Mapping[int, int] | None = None, *, hours: float = 20) -> str:
        at, parcel = self.wait(hours=hours), str(uuid4())
        carrier = self.chance.choice(_CARRIERS)
        number = f"{carrier[:2].upper()}{self.chance.randrange(10**8):08}"
        shipping.ship(self.order, parcel, lines, carrier=carrier, tracking_number=number, by=_ADMIN, at=at)
        return parcel

    def track(self, parcel: str, state: ShipmentState, *, hours: float, text: str | None = None) -> None:
        at = self.wait(hours=hours)
        event = ShipmentEvent(event_id=f"{parcel[:8]}-{state.value}", state=state, occurred_at=at, text=text)
        shipping.record_event(self.order, parcel, event, by=_ADMIN, at=at)

    def deliver(self, parcel: str) -> None:
        self.track(parcel, ShipmentState.IN_TRANSIT, hours=6)
        self.track(parcel, ShipmentState.DELIVERED, hours=30)

    def annotate(self) -> None:
        changes.annotate(self.order, note=self.chance.choice(_NOTES), by=_ADMIN, at=self.wait(hours=1))

    def hold(self) -> None:
        changes.hold(self.order, self.chance.choice(_REASONS), by=_ADMIN, at=self.wait(hours=2))

    def refund(self, amount: int, *, settles: PaymentKind | None) -> None:
        refund = {"amount_minor": amount, "lines": None, "charges": ()}
        at = self.wait(hours=20)
        paying.request_refund(self.order, str(uuid4()), **refund, reason="Damaged in transit.", by=_ADMIN, at=at)  # type: ignore[arg-type]
        if settles:
            self.record(settles, amount, hours=5)


def _delivered(life: _Life) -> None:
    life.confirm()
    life.pay()
    if life.chance.random() < 0.3:
        life.annotate()
    life.deliver(life.ship())


def _refunded_in_part(life: _Life) -> None:
    _delivered(life)
    life.refund(max(life.order.total.minor // 4, 1), settles=PaymentKind.REFUNDED)


def _refund_failed(life: _Life) -> None:
    _delivered(life)
    life.refund(max(life.order.total.minor // 5, 1), settles=PaymentKind.REFUND_FAILED)


def _returned(life: _Life) -> None:
    _delivered(life)
    number = str(UUID(int=life.chance.getrandbits(128), version=4))
    returning.authorize_return(life.order, number, {1: 1}, "It does not fit.", by=_ADMIN, at=life.wait(hours=40))
    if life.chance.random() < 0.6:
        returning.receive_return(life.order, number, [(1, 1, True)], by=_ADMIN, at=life.wait(hours=60))
        life.refund(max(life.order.total.minor // 3, 1), settles=PaymentKind.REFUNDED)


def _on_its_way(life: _Life) -> None:
    life.confirm()
    life.pay()
    life.track(life.ship(), ShipmentState.IN_TRANSIT, hours=8)


def _delivery_failed(life: _Life) -> None:
    life.pay()
    parcel = life.ship()
    life.track(parcel, ShipmentState.FAILED, hours=30, text="Nobody was at home.")


def _shipped_in_part(life: _Life) -> None:
    life.confirm()
    life.pay()
    left = open_units(life.order)
    number, units = next(iter(left.items()))
    if sum(quantities(life.order)) > 1:
        life.ship({number: max(units - 1, 1)})


def _shipped_unpaid(life: _Life) -> None:
    life.confirm()
    life.deliver(life.ship())


def _authorized(life: _Life) -> None:
    life.confirm()
    life.record(PaymentKind.AUTHORIZED, life.order.total.minor, hours=1)


def _paid_in_part(life: _Life) -> None:
    life.record(PaymentKind.CAPTURED, max(life.order.total.minor // 2, 1), hours=4)


def _held(life: _Life) -> None:
    life.pay()
    life.hold()


def _canceled(life: _Life) -> None:
    life.set_status(OrderStatus.CANCELED, hours=20, reason="The customer changed her mind.")


def _canceled_and_refunded(life: _Life) -> None:
    life.pay()
    life.set_status(OrderStatus.CANCELED, hours=20, reason="Out of print.")
    life.refund(life.order.total.minor, settles=PaymentKind.REFUNDED)


_WAYS: Mapping[Callable[[_Life], None], int] = {
    _delivered: 48,
    _on_its_way: 9,
    _refunded_in_part: 4,
    _refund_failed: 2,
    _returned: 5,
    _delivery_failed: 2,
    _shipped_in_part: 5,
    _shipped_unpaid: 4,
    _authorized: 4,
    _paid_in_part: 3,
    _held: 4,
    _canceled: 5,
    _canceled_and_refunded: 3,
    _Life.confirm: 2,
    lambda life: None: 3,
}
"""The ways, and how many of about a hundred orders go each."""

_STEP = 37
"""The distance between the ways of two orders, so that neighbours go different ones, and each is gone."""


def _way(order: Order) -> Callable[[_Life], None]:
    ways = [way for way, number in _WAYS.items() for _ in range(number)]
    return ways[int(order.reference or 0) * _STEP % len(ways)]


def _charges(subtotal: int, position: int) -> tuple[Charge, ...]:
    shipping_fee = Charge(kind=ChargeKind.SHIPPING, amount_minor=490, text="Parcel")
    if position % 7:
        return (shipping_fee,)
    return (shipping_fee, Charge(kind=ChargeKind.DISCOUNT, amount_minor=-(subtotal // 10), code="SPRING"))


def _contact(chance: Random) -> Contact:
    name = chance.choice(_NAMES)
    line1, city, state, code = chance.choice(_CITIES)
    address = Address(line1=line1, city=city, state=state, postal_code=code, country="USA")
    first = "".join(letter for letter in name.split()[0].lower() if letter.isascii())
    return Contact(name=name, email=f"{first}@example.com", language="en", shipping=address)
