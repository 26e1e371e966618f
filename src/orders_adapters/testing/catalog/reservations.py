"""Contract of ReservationRepository: a reservation is confirmed or released, and one worker releases it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from orders_adapters.testing.examples import ADA, NOON, new_id
from orders_adapters.testing.stores import StoreHarness
from orders_adapters.testing.threads import at_once
from orders_domain import Money, Order, Origin
from orders_domain.errors import OrderExists, RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.product import OrderLine, Product
from orders_domain.model.reservation import LEASE, Reservation, ReservationState
from orders_domain.ports.unit_of_work import UnitOfWork

DUE = NOON + LEASE
LATER = DUE + timedelta(seconds=30)


def new_reservation(**changes: object) -> Reservation:
    reservation = Reservation.start(new_id(), number=7, user_id="ada", quantities={7: 2, 9: 1}, at=NOON)
    return replace(reservation, **changes)  # type: ignore[arg-type]


def idempotency_key(key: str = "key", *, subject: str = "ada", scope: str = "ostore") -> IdempotencyKey:
    return IdempotencyKey(subject=subject, scope=scope, key=key, fingerprint="f")


def done(store: StoreHarness, *steps: Callable[[UnitOfWork], object]) -> None:
    """Run the steps in one unit of work and commit."""
    with store.unit_of_work() as uow:
        for step in steps:
            step(uow)
        uow.commit()


def added(store: StoreHarness, key: IdempotencyKey | None = None, **changes: object) -> Reservation:
    reservation = new_reservation(**changes)
    done(store, lambda uow: uow.reservations.add(reservation, key))
    return reservation


def claimed(store: StoreHarness, *, now: datetime = DUE, until: datetime = LATER) -> Reservation | None:
    with store.unit_of_work() as uow:
        reservation = uow.reservations.claim_due(now=now, until=until)
        uow.commit()
    return reservation


def order_of(reservation: Reservation, *, shipment_id: str = "SHIP-1") -> Order:
    lines = [
        OrderLine(product_id=p, quantity=q, unit_price=Money(250, "USD")) for p, q in reservation.quantities.items()
    ]
    total = Money(sum(line.subtotal.minor for line in lines), "USD")
    return Order.place(
        order_id=reservation.order_id,
        origin=Origin.ORDERS,
        lines=lines,
        total=total,
        shipment_id=shipment_id,
        by=ADA,
        at=NOON,
    )


def products_of(reservation: Reservation, name: str = "Tea") -> dict[int, Product]:
    return {
        p: Product(id=p, sku=f"remote:{p}", name=name, price=Money(250, "USD"), stock=q)
        for p, q in reservation.quantities.items()
    }


def confirmed_order(store: StoreHarness, *, shipment_id: str = "SHIP-1", name: str = "Tea") -> Order:
    """A stored order of external products, with its confirmed reservation."""
    reservation = added(store).with_shipment(shipment_id)
    order = order_of(reservation, shipment_id=shipment_id)
    done(
        store,
        lambda uow: uow.reservations.confirm(reservation),
        lambda uow: uow.orders.add(order),
        lambda uow: uow.stock.record_external_lines(order, products_of(reservation, name), at=NOON),
    )
    return order


class ReservationRepositoryTests:
    """Promises of ``ReservationRepository``.

    A subclass has the fixture ``store``: an empty store (``StoreHarness``).
    """

    def test_acquired_reservation_is_not_due_until_expiry(self, store: StoreHarness) -> None:
        reservation = added(store)

        assert claimed(store, now=DUE - timedelta(microseconds=1)) is None
        assert claimed(store) == replace(
            reservation, state=ReservationState.RELEASING, due_at=LATER, shipment_requested=True
        )
        assert claimed(store) is None
        assert claimed(store, now=LATER, until=LATER + LEASE) is not None

    def test_earliest_due_reservation_is_acquired_first(self, store: StoreHarness) -> None:
        late, early = added(store, due_at=DUE), added(store, due_at=NOON)

        assert [acquired.order_id for acquired in (claimed(store), claimed(store)) if acquired] == [
            early.order_id,
            late.order_id,
        ]

    def test_concurrent_workers_acquire_distinct_reservations(self, store: StoreHarness) -> None:
        expected = {added(store).order_id for _ in range(6)}

        results = at_once(*[lambda: claimed(store)] * 10)

        assert sorted(acquired.order_id for acquired in results if isinstance(acquired, Reservation)) == sorted(
            expected
        )

    def test_due_reservation_has_its_shipping_address(self, store: StoreHarness) -> None:
        added(store, shipping_address="12 Hill Road, Leeds")

        reservation = claimed(store)

        assert reservation is not None
        assert reservation.shipping_address == "12 Hill Road, Leeds"

    def test_confirmed_reservation_is_never_due(self, store: StoreHarness) -> None:
        confirmed_order(store)

        assert claimed(store, now=DUE + timedelta(days=365)) is None

    def test_releasing_reservation_cannot_be_confirmed(self, store: StoreHarness) -> None:
        reservation = added(store)
        claimed(store)

        with store.unit_of_work() as uow, pytest.raises(ReservationLost):
            uow.reservations.confirm(reservation.with_shipment("SHIP-1"))

    def test_deleted_reservation_cannot_be_confirmed(self, store: StoreHarness) -> None:
        reservation = added(store)
        done(store, lambda uow: uow.reservations.delete(reservation))

        with store.unit_of_work() as uow, pytest.raises(ReservationLost):
            uow.reservations.confirm(reservation)

    def test_concurrent_confirm_and_acquire_succeed_once(self, store: StoreHarness) -> None:
        for _ in range(10):
            reservation = added(store)

            def confirm(reservation: Reservation = reservation) -> str:
                done(store, lambda uow: uow.reservations.confirm(reservation))
                return "confirmed"

            outcomes = at_once(confirm, lambda: claimed(store))

            assert ("confirmed" in outcomes) != any(isinstance(outcome, Reservation) for outcome in outcomes), outcomes

    def test_rollback_leaves_reservation_unchanged(self, store: StoreHarness) -> None:
        reservation = added(store)
        with store.unit_of_work() as uow:
            uow.reservations.confirm(reservation)
            uow.reservations.add(new_reservation(due_at=NOON))

        due = claimed(store)

        assert due
        assert due.order_id == reservation.order_id

    def test_postponed_reservation_is_due_with_shipment(self, store: StoreHarness) -> None:
        reservation = added(store).with_shipment("SHIP-1")

        done(store, lambda uow: uow.reservations.postpone(reservation, until=LATER))

        assert claimed(store, now=LATER - timedelta(microseconds=1)) is None
        due = claimed(store, now=LATER)
        assert due
        assert due.shipment_id == "SHIP-1"

    def test_deleted_reservation_is_gone(self, store: StoreHarness) -> None:
        reservation = added(store)

        done(store, lambda uow: uow.reservations.delete(reservation))

        assert claimed(store) is None

    def test_confirmed_reservation_ignores_postpone_and_delete(self, store: StoreHarness) -> None:
        order = confirmed_order(store)
        reservation = new_reservation(order_id=order.id)

        done(
            store,
            lambda uow: uow.reservations.postpone(reservation, until=NOON),
            lambda uow: uow.reservations.delete(reservation),
        )
        assert claimed(store) is None

        done(store, lambda uow: uow.stock.release(order, by=ADA, at=NOON))
        assert claimed(store) is not None

    def test_key_allows_one_reservation(self, store: StoreHarness) -> None:
        added(store, idempotency_key())

        with store.unit_of_work() as uow, pytest.raises(RequestInProgress):
            uow.reservations.add(new_reservation(), idempotency_key())
        for other in (
            idempotency_key("other"),
            idempotency_key(subject="bob"),
            idempotency_key(scope="orders"),
            None,
            None,
        ):
            added(store, other)

    def test_concurrent_adds_under_a_key_succeed_once(self, store: StoreHarness) -> None:
        outcomes = at_once(*[lambda: added(store, idempotency_key())] * 8)

        assert len([outcome for outcome in outcomes if isinstance(outcome, Reservation)]) == 1
        assert {type(outcome) for outcome in outcomes} == {Reservation, RequestInProgress}

    @pytest.mark.parametrize("how", ["keep", "put_off", "remove"])
    def test_key_is_free_after_reservation_ends(self, store: StoreHarness, how: str) -> None:
        reservation = added(store, idempotency_key())
        end: dict[str, Callable[[UnitOfWork], object]] = {
            "keep": lambda uow: uow.reservations.confirm(reservation),
            "put_off": lambda uow: uow.reservations.postpone(reservation, until=LATER),
            "remove": lambda uow: uow.reservations.delete(reservation),
        }

        done(store, end[how])

        added(store, idempotency_key())

    def test_key_is_in_use_during_release(self, store: StoreHarness) -> None:
        added(store, idempotency_key())
        claimed(store)

        with store.unit_of_work() as uow, pytest.raises(RequestInProgress):
            uow.reservations.add(new_reservation(), idempotency_key())

    def test_shipment_belongs_to_one_order(self, store: StoreHarness) -> None:
        confirmed_order(store)

        with store.unit_of_work() as uow, pytest.raises(OrderExists):
            uow.orders.add(order_of(new_reservation()))
