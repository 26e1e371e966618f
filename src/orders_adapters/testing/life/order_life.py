"""Contract of OrderRepository and Stock about the life of orders: references, counters, tags and partial releases."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from orders_adapters.testing.catalog.inventory import Inventory, order_of
from orders_adapters.testing.examples import ADA, ADMIN, NOON, items, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Money, Order, OrderFilter, OrderStatus, Origin
from orders_domain.errors import OrderNotFound, OrdersError
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.life import changes, paying, returning, shipping
from orders_domain.model.life.changes import NotAllowed, NotOpen, NotShipped, ReferenceTaken
from orders_domain.model.life.charges import Charge, ChargeKind
from orders_domain.model.life.paying import ExceedsCaptured, FactDiffers
from orders_domain.model.life.payments import Payment, PaymentKind
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.returning import ReturnNotFound
from orders_domain.model.life.shipments import ShipmentEvent, ShipmentState
from orders_domain.model.life.state import Life
from orders_domain.model.order import rebuild

SHIPPING = Charge(kind=ChargeKind.SHIPPING, amount_minor=500, text="Parcel")


def of_shop(
    reference: str | None = None,
    *,
    source: str = "shop",
    tags: tuple[str, ...] = (),
    expires_in: int | None = None,
) -> Order:
    """A new order of two lamps and three cables, with a charge and a contact."""
    placing = Placing(
        source=source if reference else None,
        reference=reference,
        charges=(SHIPPING,),
        contact=Contact(name="Ada", email="ada@example.com"),
        life=Life(
            tags=tags,
            metadata={"campaign": "spring"},
            expires_at=None if expires_in is None else NOON + timedelta(seconds=expires_in),
        ),
    )
    total = Money(8050, "USD")
    return Order.place(
        order_id=new_id(), origin=Origin.SHOP, items=items(), total=total, placing=placing, by=ADA, at=NOON
    )


def changed(store: StoreHarness, order: Order, lines: Mapping[int, int]) -> Order:
    """The order after units of its lines were cancelled, as a use case does it."""
    with store.unit_of_work() as uow:
        present = uow.orders.get_for_update(order.id)
        changes.cancel(present, lines, "late", by=ADMIN, at=NOON)
        uow.orders.save(present)
        products = {line.product_id: lines[place] for place, line in enumerate(present.lines, 1) if place in lines}
        uow.stock.release_units(present, products, by=ADMIN, at=NOON)
        uow.commit()
    return present


def paid(store: StoreHarness, order: Order, *, amount: int = 8050, reference: str = "1") -> Order:
    """The order after the provider's fact was recorded."""
    with store.unit_of_work() as uow:
        present = uow.orders.get_for_update(order.id)
        fact = Payment(
            id=str(new_id()),
            provider="bank",
            reference=reference,
            kind=PaymentKind.CAPTURED,
            amount_minor=amount,
            occurred_at=NOON,
            recorded_at=NOON,
        )
        paying.record_payment(present, fact, by=ADMIN, at=NOON)
        uow.orders.save(present)
        uow.commit()
    return present


def refunding(store: StoreHarness, order: Order, amount: int) -> Order:
    """The order after a refund was asked for."""
    with store.unit_of_work() as uow:
        present = uow.orders.get_for_update(order.id)
        paying.request_refund(
            present,
            str(new_id()),
            amount_minor=amount,
            lines=None,
            charges=(),
            reason="broken",
            by=ADMIN,
            at=NOON,
        )
        uow.orders.save(present)
        uow.commit()
    return present


def shipped(store: StoreHarness, order: Order, lines: Mapping[int, int]) -> Order:
    """The order after units of its lines were shipped."""
    with store.unit_of_work() as uow:
        present = uow.orders.get_for_update(order.id)
        shipping.ship(present, str(new_id()), lines, carrier=None, tracking_number=None, by=ADMIN, at=NOON)
        uow.orders.save(present)
        uow.commit()
    return present


def returning_order(store: StoreHarness, order: Order, lines: Mapping[int, int]) -> UUID:
    """The id of a new return of units of the order."""
    return_id = new_id()
    with store.unit_of_work() as uow:
        present = uow.orders.get_for_update(order.id)
        returning.authorize_return(present, str(return_id), lines, "too small", by=ADMIN, at=NOON)
        uow.orders.save(present)
        uow.commit()
    return return_id


def received(store: StoreHarness, return_id: UUID, units: int) -> Order:
    """The order after units of its first line came back and were restocked, as a use case does it."""
    with store.unit_of_work() as uow:
        present = uow.orders.get_by_return_for_update(return_id)
        returning.receive_return(present, str(return_id), [(1, units, True)], by=ADMIN, at=NOON)
        uow.orders.save(present)
        uow.stock.release_units(present, {present.lines[0].product_id: units}, by=ADMIN, at=NOON)
        uow.commit()
    return present


class OrderLifeTests:
    """Promises about the life of orders.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_order_is_found_by_reference_of_its_source(self, store: StoreHarness) -> None:
        orders = [of_shop(reference="R-1", source=source) for source in ("shop", "market")]
        store.add(*orders)

        with store.unit_of_work() as uow:
            found = [uow.orders.get_by_reference_for_update("R-1", source=str(order.source)).id for order in orders]
            for reference, source in (("R-2", "shop"), ("R-1", "other")):
                with pytest.raises(OrderNotFound):
                    uow.orders.get_by_reference_for_update(reference, source=source)

        assert found == [order.id for order in orders]

    def test_particulars_are_stored_and_folded(self, store: StoreHarness) -> None:
        order = of_shop("R-1", tags=("gift",))
        store.add(order)

        stored = store.queries.get(order.id)
        folded = rebuild(store.queries.history(order.id), number=stored.number)

        assert stored == order
        assert stored.contact == order.contact == Contact(name="Ada", email="ada@example.com")
        assert folded.contact == NO_CONTACT  # no history has personal data
        assert folded == stored

    def test_reference_is_unique_for_its_source(self, store: StoreHarness) -> None:
        first = of_shop("R-1")
        store.add(first, of_shop("R-1", source="market"), of_shop("R-2"), of_shop(), of_shop())

        with pytest.raises(ReferenceTaken) as refusal:
            store.add(of_shop("R-1"))

        assert refusal.value.order_id == first.id

    def test_one_of_many_gets_the_reference(self, store: StoreHarness) -> None:
        orders = [of_shop("R-1") for _ in range(8)]

        results = at_once(*[lambda order=order: store.add(order) for order in orders])

        refused = [result for result in results if isinstance(result, OrdersError)]
        assert len(refused) == 7
        assert {type(result) for result in refused} == {ReferenceTaken}
        [stored] = store.queries.search(OrderFilter()).orders
        assert {result.order_id for result in refused if isinstance(result, ReferenceTaken)} == {stored.id}

    def test_cancelled_units_are_stored_and_folded(self, store: StoreHarness) -> None:
        order = of_shop()
        store.add(order)

        changed(store, order, {1: 1, 2: 2})
        changed(store, order, {2: 1})

        stored = store.queries.get(order.id)
        assert [stored.life.counters[number].cancelled for number in (1, 2)] == [1, 3]
        folded = rebuild(store.queries.history(order.id), number=stored.number)
        assert (folded.life, folded.status, folded.version) == (stored.life, stored.status, 3)

    def test_unit_is_cancelled_once(self, store: StoreHarness) -> None:
        [product] = Inventory(store).stocked(10)
        order = order_of({product: 5})
        Inventory(store).deduct(order)

        results = at_once(*[lambda: changed(store, order, {1: 3})] * 6)

        assert [type(result) for result in results if isinstance(result, OrdersError)].count(NotOpen) == 5
        assert store.catalog.get(product).stock == 8

    def test_units_and_rest_are_released_once(self, store: StoreHarness) -> None:
        inventory = Inventory(store)
        tea, milk = inventory.stocked(10, 10)
        order = order_of({tea: 5, milk: 4})
        inventory.deduct(order)
        changed(store, order, {1: 2})
        changed(store, order, {1: 1, 2: 4})
        assert [store.catalog.get(product).stock for product in (tea, milk)] == [8, 10]

        with store.unit_of_work() as uow:
            present = uow.orders.get_for_update(order.id)
            present.cancel("late", by=ADMIN, at=NOON)
            uow.orders.save(present)
            for _ in range(2):
                uow.stock.release(present, by=ADMIN, at=NOON)
            uow.commit()

        assert [store.catalog.get(product).stock for product in (tea, milk)] == [10, 10]

    def test_unit_is_returned_and_restocked_once(self, store: StoreHarness) -> None:
        [product] = Inventory(store).stocked(10)
        order = order_of({product: 5})
        Inventory(store).deduct(order)
        shipped(store, order, {1: 4})

        authorized = at_once(*[lambda: returning_order(store, order, {1: 3})] * 6)
        assert [type(result) for result in authorized if isinstance(result, OrdersError)] == [NotShipped] * 5
        [return_id] = [result for result in authorized if isinstance(result, UUID)]
        results = at_once(*[lambda: received(store, return_id, 2)] * 6)

        assert [type(result) for result in results if isinstance(result, OrdersError)] == [NotAllowed] * 5
        assert store.catalog.get(product).stock == 7
        stored = store.queries.get(order.id)
        folded = rebuild(store.queries.history(order.id), number=stored.number)
        assert (folded.life, folded.version) == (stored.life, stored.version)
        assert (stored.life.counters[1].returned, stored.life.returns[0].open_units) == (2, {1: 1})
        with store.unit_of_work() as uow, pytest.raises(ReturnNotFound):
            uow.orders.get_by_return_for_update(new_id())

    def test_order_is_shipped_without_its_earlier_parcels(self, store: StoreHarness) -> None:
        order = of_shop()
        store.add(order)
        for lines, state in (({1: 2}, OrderStatus.PENDING), ({2: 3}, OrderStatus.SHIPPED)):
            with store.unit_of_work() as uow:
                present = uow.orders.get_for_update(order.id, with_shipments=False)
                shipping.ship(present, str(new_id()), lines, carrier=None, tracking_number=None, by=ADMIN, at=NOON)
                uow.orders.save(present)
                uow.commit()
            assert present.status is state
        parcels = [UUID(known.id) for known in store.queries.get(order.id).life.shipments]
        for parcel_id, status in zip(parcels, (OrderStatus.SHIPPED, OrderStatus.DELIVERED), strict=True):
            with store.unit_of_work() as uow:
                present = uow.orders.get_by_parcel_for_update(parcel_id, with_shipments=False)
                event = ShipmentEvent(event_id="1", state=ShipmentState.DELIVERED, occurred_at=NOON)
                shipping.record_event(present, str(parcel_id), event, by=ADMIN, at=NOON)
                uow.orders.save(present)
                uow.commit()
            assert present.status is status

        stored = store.queries.get(order.id)
        assert [(known.number, known.lines) for known in stored.life.shipments] == [(1, ((1, 2),)), (2, ((2, 3),))]
        assert rebuild(store.queries.history(order.id), number=stored.number) == stored
        with store.unit_of_work() as uow:
            assert uow.orders.get_by_parcel_for_update(parcels[0]) == uow.orders.get_for_update(order.id) == stored

    def test_fact_belongs_to_one_order(self, store: StoreHarness) -> None:
        first, second = of_shop(), of_shop()
        store.add(first, second)

        results = at_once(*[lambda order=order: paid(store, order) for order in (first, second) * 3])

        refused = [result for result in results if isinstance(result, OrdersError)]
        assert {type(result) for result in refused} <= {FactDiffers}
        orders = [store.queries.get(order.id) for order in (first, second)]
        assert sorted(len(order.life.payments) for order in orders) == [0, 1]
        for order in orders:
            folded = rebuild(store.queries.history(order.id), number=order.number)
            assert (folded.life, folded.status) == (order.life, order.status)

    def test_captured_amount_is_refunded_once(self, store: StoreHarness) -> None:
        order = of_shop()
        store.add(order)
        paid(store, order, amount=100)

        results = at_once(*[lambda: refunding(store, order, 60)] * 6)

        refused = [result for result in results if isinstance(result, OrdersError)]
        assert [type(result) for result in refused] == [ExceedsCaptured] * 5
        stored = store.queries.get(order.id)
        assert (stored.life.totals.refunding, stored.life.totals.refundable) == (60, 40)
