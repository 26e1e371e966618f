"""Corruptions of a database, each of which its constraints allow, and a store that has something of everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from dependency_injector import providers
from sqlalchemy import Engine, delete, insert, select, text, update

from orders_adapters.memory.order_cache import InMemoryOrderCache
from orders_adapters.sql import tables
from orders_adapters.sql.tables.jobs import JobKind
from orders_adapters.system.clock import now
from orders_adapters.testing.examples import ADA, ADMIN, new_id
from orders_domain import Money, Order, OrderStatus, Role, use_cases
from orders_domain.model.consistency.finding import Finding, FindingKind
from orders_domain.model.jobs import JobStatus
from orders_domain.model.life.payments import PaymentKind
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.life.state import Life
from orders_domain.model.notification import Channel, NotificationKind, NotificationState
from orders_domain.model.product import NewProduct, RequestedItem
from orders_domain.model.product_audit import MovementKind
from orders_domain.model.reservation import ReservationState
from orders_domain.model.webhooks.delivery import DeliveryState
from orders_domain.model.webhooks.endpoint import EndpointState
from orders_domain.use_cases import CheckConsistency
from orders_flask import Settings
from orders_flask.bootstrap.container import Container, close

FAR = datetime.now(UTC) + timedelta(days=400)
_EARLY = datetime.now(UTC) - timedelta(minutes=5)
_KIND = FindingKind


class Store:
    """A store with an order that was paid, shipped in part and returned in part, a stock hold, and rows of queues."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        url = engine.url.render_as_string(hide_password=False)
        self.container = Container(settings=Settings(database_url=url))
        self.container.order_cache.override(providers.Object(InMemoryOrderCache(clock=now)))
        self.product = self._product()
        self.order = self._lived(self._placed())
        self.hold = self.container.hold_stock(
            use_cases.HoldStock(actor=ADA, lines=(RequestedItem(product_id=self.product, quantity=2),), seconds=600)
        ).id

    def close(self) -> None:
        close(self.container)

    def _product(self) -> int:
        product = NewProduct(sku="TEA-1", name="Tea", price=Money(500, "USD"), stock=50)
        return self.container.add_product(use_cases.AddProduct(actor=ADMIN, product=product)).id

    def _placed(self) -> Order:
        request = use_cases.PlaceShopOrder(
            actor=ADMIN,
            lines=(RequestedItem(product_id=self.product, quantity=6),),
            currency="USD",
            placing=Placing(source="shop", reference=new_id().hex, life=Life(tags=("gift",))),
        )
        return self.container.place_shop_order(request)

    def _lived(self, order: Order) -> Order:
        common: dict[str, Any] = {"actor": ADMIN, "order_id": order.id}
        for number, kind in enumerate((PaymentKind.AUTHORIZED, PaymentKind.CAPTURED)):
            self.container.record_payment(
                use_cases.RecordPayment(
                    **common, provider="bank", reference=f"{order.id} {number}", kind=kind, amount_minor=1_000
                )
            )
        self.container.cancel_units(use_cases.CancelUnits(**common, lines={1: 1}, reason="late"))
        shipped = self.container.ship_units(use_cases.ShipUnits(**common, lines={1: 3}))
        self.container.record_shipment_event(
            use_cases.RecordShipmentEvent(
                actor=ADMIN,
                shipment_id=UUID(shipped.life.shipments[0].id),
                event_id="1",
                state=ShipmentState.IN_TRANSIT,
                occurred_at=datetime.now(UTC),
            )
        )
        returned = self.container.authorize_return(use_cases.AuthorizeReturn(**common, lines={1: 2}, reason="broken"))
        self.container.receive_return(
            use_cases.ReceiveReturn(actor=ADMIN, return_id=UUID(returned.life.returns[0].id), received=((1, 1, True),))
        )
        return self.container.request_refund(use_cases.RequestRefund(**common, reason="broken", amount_minor=100))

    def run(self, *statements: Any) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    def change(self, **values: Any) -> None:
        self.run(update(tables.orders).where(tables.orders.c.id == self.order.id).values(values))

    def life(self, **members: Any) -> None:
        with self.engine.begin() as connection:
            of = tables.orders.c.id == self.order.id
            life = connection.execute(select(tables.orders.c.life).where(of)).scalar_one()
            connection.execute(update(tables.orders).where(of).values(life=life | members))

    def delete(self, table: Any, *conditions: Any) -> None:
        self.run(delete(table).where(table.c.order_id == self.order.id, *conditions))

    def check(self, *, repair: bool = False) -> tuple[list[Finding], list[Finding]]:
        """The findings that remain, and those that were repaired."""
        request = CheckConsistency(actor=ADMIN, repair=repair)
        steps = list(self.container.check_consistency(request))
        return [each for step in steps for each in step.findings], [each for step in steps for each in step.repaired]


def _reservation(store: Store, **values: Any) -> None:
    common = {"order_id": new_id(), "user_id": "ada", "quantities": [[1, 1]], "created_at": _EARLY, "due_at": _EARLY}
    store.run(delete(tables.reservations), insert(tables.reservations).values(common | values))


def _key(store: Store) -> None:
    values = {"subject": "ada", "scope": "POST /orders/", "key": "1", "fingerprint": "f" * 64, "order_id": new_id()}
    store.run(insert(tables.idempotency_keys).values(values | {"at": _EARLY}))


def _job(store: Store) -> None:
    bulk: dict[str, Any] = {"order_ids": [1], "target_status": OrderStatus.PAID, "equivalent_statuses": []}
    progress = {"status": JobStatus.RUNNING, "processed": 0, "failures": [], "attempts": 1}
    values = {"id": new_id(), "kind": JobKind.BULK_STATUS, "actor": "root", "role": Role.ADMIN, "created_at": _EARLY}
    store.run(insert(tables.jobs).values(values | bulk | progress | {"leased_until": FAR}))


def _delivery(store: Store, **values: Any) -> None:
    endpoint, message = new_id(), new_id()
    of: dict[str, Any] = {"order_id": store.order.id, "version": 1}
    store.run(
        insert(tables.webhook_endpoints).values(
            id=endpoint, url=f"https://example.com/{endpoint}", ordered=True, secret="s", state=EndpointState.ENABLED,
            created_at=_EARLY, starts_after="a",
        ),
        insert(tables.webhook_messages).values(id=message, type="t", body=b"{}", created_at=_EARLY, **of),
        insert(tables.webhook_deliveries).values(
            {"endpoint_id": endpoint, "message_id": message, "state": DeliveryState.WAITING, "created_at": _EARLY}
            | {"due_at": _EARLY, "tries": 0, "attempts": [], **of}
            | values
        ),
    )  # fmt: skip


def _notification(store: Store) -> None:
    letter: dict[str, Any] = {"kind": NotificationKind.ORDER_PLACED, "channel": Channel.EMAIL, "data": {}}
    letter |= {"id": new_id(), "occurred_at": _EARLY, "order_id": store.order.id}
    waiting = {"state": NotificationState.WAITING, "attempts": 0, "due_at": FAR}
    store.run(insert(tables.notifications).values(letter | waiting))


def _hold(store: Store) -> None:
    holds = tables.stock_holds
    store.run(update(holds).where(holds.c.id == store.hold).values(ended_at=_EARLY))


def _stale_copy(store: Store) -> None:
    order = store.container.queries().get(store.order.id)
    order.cancellation_reason = "a copy of somebody else"
    store.container.order_cache().put(order)


def _parcels(store: Store) -> None:
    of = tables.shipments.c.order_id == store.order.id
    events = tables.shipment_events
    store.run(
        delete(events).where(events.c.shipment_id.in_(select(tables.shipments.c.id).where(of))),
        delete(tables.shipments).where(of),
    )


_outbox, _movements = tables.outbox, tables.stock_movements
CORRUPTIONS: Mapping[FindingKind, Callable[[Store], None]] = {
    _KIND.ORDER_VERSION: lambda store: store.change(version=tables.orders.c.version - 1),
    _KIND.ORDER_STATUS: lambda store: store.change(status=OrderStatus.CANCELED),
    _KIND.ORDER_PLACEMENT: lambda store: store.change(total_minor=tables.orders.c.total_minor + 1),
    _KIND.ORDER_LIFE: lambda store: store.life(tags=["mine"]),
    _KIND.ORDER_AXES: lambda store: store.change(is_held=True),
    _KIND.LINE_COUNTERS: lambda store: store.life(counters=[[1, 2, 1, 1]]),
    _KIND.LINE_BOUNDS: lambda store: store.run(update(tables.order_lines).values(cancelled=0)),
    _KIND.PAYMENT_TOTALS: lambda store: store.change(refunding_minor=0),
    _KIND.PAYMENT_SUMS: lambda store: store.run(update(tables.payment_sums).values(captured_minor=1)),
    _KIND.PAYMENT_FACTS: lambda store: store.delete(tables.payment_facts),
    _KIND.ORDER_TAGS: lambda store: store.delete(tables.order_tags),
    _KIND.ORDER_PRODUCTS: lambda store: store.delete(tables.order_items),
    _KIND.SHIPMENTS: _parcels,
    _KIND.RETURNS: lambda store: store.delete(tables.order_returns),
    _KIND.STOCK_MOVEMENTS: lambda store: store.delete(_movements, _movements.c.kind == MovementKind.DEDUCTED),
    _KIND.EVENT_MISSING: lambda store: store.delete(_outbox, _outbox.c.version == 2),
    _KIND.STOCK: lambda store: store.run(update(tables.products).values(stock_quantity=7)),
    _KIND.STOCK_HOLD: _hold,
    _KIND.RESERVATION: lambda store: _reservation(store, state=ReservationState.CONFIRMED),
    _KIND.RESERVATION_LEASE: lambda store: _reservation(store, state=ReservationState.RELEASING, due_at=FAR),
    _KIND.IDEMPOTENCY_KEY: _key,
    _KIND.EVENT_SHARD: lambda store: store.run(update(_outbox).where(_outbox.c.version == 3).values(shard=99)),
    _KIND.EVENT_LEASE: lambda store: store.run(update(_outbox).where(_outbox.c.version == 3).values(due_at=FAR)),
    _KIND.JOB_LEASE: _job,
    _KIND.DELIVERY_ORDER: lambda store: _delivery(store, version=7),
    _KIND.DELIVERY_LEASE: lambda store: _delivery(store, due_at=FAR),
    _KIND.NOTIFICATION_LEASE: _notification,
    _KIND.CACHED_COPY: _stale_copy,
    _KIND.RESERVATION_STATE: lambda store: _reservation(store, order_id=store.order.id, state=ReservationState.PENDING),
    _KIND.RESERVATION_KEY: lambda store: _reservation(
        store, order_id=store.order.id, state=ReservationState.CONFIRMED, key_subject="ada", key_scope="s", key="k"
    ),
}
"""A corruption for each kind that a repair ends, by what it is found as; the last two exempt the order's stock."""
ON_POSTGRESQL: Mapping[FindingKind, Callable[[Store], None]] = {
    _KIND.ORDER_NUMBER: lambda store: store.run(text("SELECT setval('order_numbers', 1, false)")),
}


def kinds(findings: Sequence[Finding]) -> list[FindingKind]:
    return list(dict.fromkeys(finding.kind for finding in findings))
