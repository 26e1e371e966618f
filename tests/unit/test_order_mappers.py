"""Mappers of orders: each carries every field of the entity, or omits it by a decision that is written here."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, select

from orders_adapters.memory.order_queries import InMemoryOrderQueries
from orders_adapters.memory.orders import InMemoryOrderRepository
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.serialization import order_snapshot
from orders_adapters.sql import mappers, tables
from orders_adapters.sql.mapping import shipments
from orders_adapters.testing.carts import cart
from orders_adapters.testing.examples import ADMIN, NOON, only, placed
from orders_domain import Actor, CustomItem, Money, Order, OrderStatus, Origin
from orders_domain.model import history
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.events import Event, event_for
from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.charges import Charge, ChargeKind
from orders_domain.model.life.counter import Counter
from orders_domain.model.life.payments import Payment, PaymentKind, Refund
from orders_domain.model.life.placing import MAX_LENGTHS, Placing
from orders_domain.model.life.shipments import Shipment, ShipmentEvent, ShipmentState
from orders_domain.model.life.state import Hold, Life
from orders_domain.model.order import order_from_state, rebuild
from orders_domain.model.order_state import CHANGING, FOLDED, order_state, placement_details
from orders_domain.model.product import OrderLine
from orders_domain.model.search.order_summary import OrderSummary
from orders_domain.use_cases import OrderStatistics
from orders_flask.contracts import checkout, management, orders, ostore, shop
from orders_flask.contracts.management.reports_translate import entry_representation
from orders_flask.files.order_rows import VIEWS
from tests.support.cases import each_case

LATER = NOON + timedelta(hours=1)
HOME = Address(line1="1 High Street", city="Leeds", state="Yorkshire", postal_code="LS1", country="UK")
LAMP = OrderLine(product_id=7, quantity=2, unit_price=Money(900, "USD"))
ORDER = Order(
    id=UUID(int=1),
    origin=Origin.ORDERS,
    user_id="ada",
    items=(CustomItem({"sku": "TEA", "quantity": 1, "price": 3.5}),),
    total=Money(2_150, "USD"),
    status=OrderStatus.PENDING,
    created_at=NOON,
    updated_at=NOON,
    version=1,
    lines=(LAMP,),
    address=HOME,
    number=42,
    source="shop",
    reference="R-1",
)
CART = cart()
CONTACT = Contact(
    name="Ada", email="ann@example.com", phone="0151 12345678", language="de", shipping=HOME, billing=HOME
)
LIFE = Life(
    marked_paid=True,
    counters={1: Counter(shipped=1)},
    hold=Hold(reason="fraud", by="root", at=LATER),
    expires_at=LATER,
    tags=("gift",),
    metadata={"a": [1]},
    payments=(
        Payment(
            id="p",
            provider="bank",
            reference="1",
            kind=PaymentKind.CAPTURED,
            amount_minor=5,
            occurred_at=NOON,
            recorded_at=LATER,
        ),
    ),
    shipments=(
        Shipment(
            id="s",
            number=1,
            lines=((1, 1),),
            carrier="DHL",
            tracking_number="7",
            state=ShipmentState.FAILED,
            events=(ShipmentEvent(event_id="e", state=ShipmentState.FAILED, occurred_at=LATER, text="x"),),
        ),
    ),
    refunds=(Refund(id="r", amount_minor=3, lines=((1, 2),), charges=(1,), reason="broken"),),
    canceled_at=LATER,
)


def in_yen() -> Order:
    return replace(ORDER, total=Money(2_150, "JPY"), lines=(replace(LAMP, unit_price=Money(900, "JPY")),))


def line(**values: Any) -> Order:
    return replace(ORDER, lines=(replace(LAMP, **values),))


VARIANTS: Mapping[str, Order] = {
    "id": replace(ORDER, id=UUID(int=2)),
    "origin": replace(ORDER, origin=Origin.CHECKOUT),
    "user_id": replace(ORDER, user_id="bob"),
    "items.content": replace(ORDER, items=(CustomItem({"sku": "TEA", "quantity": 3, "price": 3.5}),)),
    "total.minor": replace(ORDER, total=Money(2_450, "USD")),
    "total.currency": in_yen(),
    "status": replace(ORDER, status=OrderStatus.SHIPPED),
    "created_at": replace(ORDER, created_at=LATER),
    "updated_at": replace(ORDER, updated_at=LATER),
    "version": replace(ORDER, version=2),
    "lines.product_id": line(product_id=8),
    "lines.quantity": line(quantity=3),
    "lines.unit_price": line(unit_price=Money(901, "USD")),
    **{f"address.{part.name}": replace(ORDER, address=replace(HOME, **{part.name: "X"})) for part in fields(Address)},
    "deleted_at": replace(ORDER, deleted_at=LATER),
    "cart.content": replace(ORDER, cart=CART, items=CART.items),
    "cancellation_reason": replace(ORDER, cancellation_reason="late"),
    "shipment_id": replace(ORDER, shipment_id="S-1"),
    "number": replace(ORDER, number=43),
    "lines.sku": line(sku="LAMP"),
    "lines.title": line(title="Lamp"),
    "source": replace(ORDER, source="web"),
    "reference": replace(ORDER, reference="R-2"),
    "charges": replace(ORDER, charges=(Charge(kind=ChargeKind.TAX, amount_minor=7, line=1, included=True),)),
    "contact": replace(ORDER, contact=CONTACT),
    "life": replace(ORDER, life=LIFE),
}
"""The order with another value of one field, by the field's path."""

ADDRESS = {f"address.{part.name}" for part in fields(Address)}
ITEMS = {"items.content", "cart.content"}
LINES = {"lines.product_id", "lines.quantity", "lines.unit_price"}
REASON = {"cancellation_reason"}
SHOP = {"lines.sku", "lines.title", "source", "reference", "charges", "life"}
"""The fields that only the contract `shop` shows."""


def placing(order: Order) -> HistoryEntry:
    """The first history entry of the order."""
    return HistoryEntry.record(
        Actor(subject="ada"),
        order_id=order.id,
        version=1,
        kind=history.PLACED,
        at=order.created_at,
        from_status=None,
        to_status=order.status,
        details=placement_details(order),
    )


def statistics(order: Order) -> Any:
    result = OrderStatistics(order=order, age=timedelta(), in_status=timedelta(), status_changes=0, user_totals=None)
    return (result.item_count, result.total_quantity, result.average_unit_price)


# The mapper, and the fields that it omits.
MAPPERS: Mapping[str, tuple[Callable[[Order], Any], set[str]]] = {
    "state": (order_state, set()),
    "cache snapshot": (order_snapshot.order_bytes, set()),
    "placement": (placement_details, {*CHANGING, "id", "created_at", "number"}),
    "row": (mappers.order_values, {"number"}),
    "item rows": (mappers.item_values, set(VARIANTS) - LINES - {"id", "created_at"}),
    "event": (
        lambda order: event_for(placing(order), order).data,
        ADDRESS | REASON
        | {"created_at", "updated_at", "version", "deleted_at", "shipment_id", "number"}
        | SHOP - {"source", "reference"},
    ),
    "exported order": (
        lambda order: list(VIEWS["orders"].rows(OrderSummary.of(order))),
        {"items.content", *LINES, *REASON, *SHOP, "deleted_at", "shipment_id"},
    ),
    "exported items": (
        lambda order: list(VIEWS["items"].rows(order)),
        {*ADDRESS, *REASON, *SHOP, "origin", "total.minor", "updated_at", "version", "deleted_at", "shipment_id"},
    ),
    "statistics": (
        statistics,
        set(VARIANTS) - {"items.content", "cart.content", "lines.quantity", "total.minor", "total.currency"},
    ),
    "orders": (
        lambda order: orders.schemas.OrderResponse().dump(orders.translate.representation(order)),
        {*ADDRESS, *REASON, *SHOP, "origin", "deleted_at", "shipment_id", "number"},
    ),
    "management": (
        lambda order: management.schemas.ManagedOrderResponse().dump(management.translate.representation(order)),
        {*REASON, *SHOP, "id", "origin", "updated_at", "version", "deleted_at", "shipment_id"},
    ),
    "management history": (
        lambda order: entry_representation(placing(order))["details"],
        {*CHANGING, *SHOP, "id", "created_at", "shipment_id", "number"},
    ),
    "ostore": (
        lambda order: ostore.schemas.OStoreOrderResponse().dump(ostore.translate.representation(order)),
        {*ADDRESS, *REASON, *SHOP, "id", "origin", "updated_at", "version", "deleted_at"},
    ),
    "shop": (
        lambda order: shop.translate.representation(order, ADMIN),
        {"deleted_at", "shipment_id"},
    ),
    "checkout": (
        lambda order: checkout.schemas.CheckoutOrder().dump(checkout.translate.representation(order)),
        {*ADDRESS, *SHOP, "origin", *LINES - {"lines.quantity"}, "version", "deleted_at", "shipment_id", "number"},
    ),
}  # fmt: skip


def names(entity: type[Any]) -> set[str]:
    return {field.name for field in fields(entity)}


def test_every_field_has_a_variant() -> None:
    nested = {"items": CustomItem, "total": Money, "lines": OrderLine, "address": Address, "cart": Cart}
    expected = {f"{name}.{inner}" for name, entity in nested.items() for inner in names(entity)}
    expected |= names(Order) - nested.keys() - {"new_entries"}

    assert set(VARIANTS) == expected


@each_case("name", MAPPERS)
def test_mapper_carries_every_field_not_omitted(name: str) -> None:
    mapper, omitted = MAPPERS[name]

    carried = {path for path, order in VARIANTS.items() if mapper(order) != mapper(ORDER)}

    # Nothing but the row has the contact: nobody reads another's address, and an erasure is one update.
    assert set(VARIANTS) - carried == (omitted if name == "row" else omitted | {"contact"})


def through_row(order: Order) -> Order:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.execute(tables.orders.insert(), {**mappers.order_values(order), "number": order.number})
        for shipment in order.life.shipments:
            row = {"id": UUID(int=1), "order_id": order.id, "content": shipment.as_json()}
            connection.execute(tables.shipments.insert(), row)
        connection.execute(tables.orders.update().values(version=order.version + 1))  # new orders have no shipments
        stored = mappers.to_order(connection.execute(select(*shipments.COLUMNS)).one())
    return replace(stored, version=order.version)


def through_memory(order: Order) -> Order:
    store = InMemoryStore()
    repository = InMemoryOrderRepository(store)
    repository.add(copy := deepcopy(order))
    repository.merge()
    stored = InMemoryOrderQueries(store).get(order.id)
    assert stored.number == copy.number
    return replace(stored, number=order.number)


def through_history(order: Order) -> Order:
    """The order rebuilt from its placement, with what a placement does not have."""
    changed = {name: getattr(order, name) for name in CHANGING}
    return replace(rebuild([placing(order)], number=order.number), **changed)


@each_case("path", VARIANTS)
@each_case(
    "through",
    [
        lambda order: order_from_state(order_state(order)),
        lambda order: order_snapshot.read_order(order_snapshot.order_bytes(order)),
        through_history,
        through_row,
    ],
    ids=["state", "snapshot", "history", "row"],
)
def test_order_is_read_as_it_was_written(through: Callable[[Order], Order], path: str) -> None:
    assert through(VARIANTS[path]) == VARIANTS[path]


@each_case("path", [path for path in VARIANTS if path != "deleted_at"])
def test_memory_returns_the_stored_order(path: str) -> None:
    assert through_memory(VARIANTS[path]) == VARIANTS[path]


def test_further_field_changes_the_schema_of_a_snapshot() -> None:
    @dataclass
    class LaterOrder(Order):
        later: str | None = None

    assert order_snapshot.SCHEMA == order_snapshot.schema_of(Order) != order_snapshot.schema_of(LaterOrder)
    assert order_snapshot.SCHEMA.isdigit()  # which the scripts of the cache expect


def test_texts_of_a_placement_have_lengths() -> None:
    texts = {field.name for field in fields(Placing) if field.type == "str | None"}

    assert texts == set(MAX_LENGTHS)
    assert set(Placing().fields()) == names(Placing) - {"contact"}


def test_changes_set_the_changing_fields_only() -> None:
    before = placed()
    paid, canceled, deleted = deepcopy(before), deepcopy(before), deepcopy(before)

    paid.change_status(only(OrderStatus.PAID), by=ADMIN, at=LATER)
    canceled.cancel("late", by=ADMIN, at=LATER)
    deleted.delete(by=ADMIN, at=LATER)

    changed = {
        name
        for after in (paid, canceled, deleted)
        for name in names(Order)
        if getattr(after, name) != getattr(before, name)
    }

    assert changed - {"new_entries"} == {*CHANGING, FOLDED}


def test_history_row_has_every_field() -> None:
    entry = placing(ORDER)

    assert set(mappers.entry_values(entry)) == {column.name for column in tables.ENTRY_COLUMNS}
    assert mappers.to_entry(mappers.entry_values(entry)) == entry


def test_outbox_row_has_every_event_field() -> None:
    event = event_for(placing(ORDER), ORDER)
    values = mappers.event_values(event)

    assert {"id" if name == "event_id" else name for name in values} >= names(Event)
    assert {*values, "id"} == {column.name for column in tables.outbox.c}


def test_address_columns_are_those_of_the_entity() -> None:
    assert set(tables.SHIPPING) == names(Address) == set(management.translate.SHIPPING)
