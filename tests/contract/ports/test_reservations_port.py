"""Contract of ReservationRepository, and of Stock if other services hold the reserved products."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from orders_adapters.testing.examples import ADA, ADMIN, NOON, new_id
from orders_adapters.testing.threads import at_once
from orders_domain import Money, Order, Origin
from orders_domain.errors import OrderExists, ProductNotFound, RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.product import NewProduct, OrderLine, Product
from orders_domain.model.reservation import LEASE, Reservation, ReservationState
from orders_domain.ports.unit_of_work import UnitOfWork
from tests.support.stores import Shop

DUE = NOON + LEASE
LATER = DUE + timedelta(seconds=30)


def new_reservation(**changes: object) -> Reservation:
    reservation = Reservation.start(new_id(), user_id="ada", quantities={7: 2, 9: 1}, at=NOON)
    return replace(reservation, **changes)  # type: ignore[arg-type]


def idempotency_key(key: str = "key", *, subject: str = "ada", scope: str = "ostore") -> IdempotencyKey:
    return IdempotencyKey(subject=subject, scope=scope, key=key, fingerprint="f")


def done(shop: Shop, *steps: Callable[[UnitOfWork], object]) -> None:
    """Run the steps in one unit of work and commit."""
    with shop.unit_of_work() as uow:
        for step in steps:
            step(uow)
        uow.commit()


def added(shop: Shop, key: IdempotencyKey | None = None, **changes: object) -> Reservation:
    reservation = new_reservation(**changes)
    done(shop, lambda uow: uow.reservations.add(reservation, key))
    return reservation


def claimed(shop: Shop, *, now: datetime = DUE, until: datetime = LATER) -> Reservation | None:
    with shop.unit_of_work() as uow:
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


def confirmed_order(shop: Shop, *, shipment_id: str = "SHIP-1", name: str = "Tea") -> Order:
    """A stored order of external products, with its confirmed reservation."""
    reservation = added(shop).with_shipment(shipment_id)
    order = order_of(reservation, shipment_id=shipment_id)
    done(
        shop,
        lambda uow: uow.reservations.confirm(reservation),
        lambda uow: uow.orders.add(order),
        lambda uow: uow.stock.record_external_lines(order, products_of(reservation, name), at=NOON),
    )
    return order


def test_acquired_reservation_is_not_due_until_expiry(shop: Shop) -> None:
    reservation = added(shop)

    assert claimed(shop, now=DUE - timedelta(microseconds=1)) is None
    assert claimed(shop) == replace(
        reservation, state=ReservationState.RELEASING, due_at=LATER, shipment_requested=True
    )
    assert claimed(shop) is None
    assert claimed(shop, now=LATER, until=LATER + LEASE) is not None


def test_earliest_due_reservation_is_acquired_first(shop: Shop) -> None:
    late, early = added(shop, due_at=DUE), added(shop, due_at=NOON)

    assert [acquired.order_id for acquired in (claimed(shop), claimed(shop)) if acquired] == [
        early.order_id,
        late.order_id,
    ]


def test_concurrent_workers_acquire_distinct_reservations(shop: Shop) -> None:
    expected = {added(shop).order_id for _ in range(6)}

    results = at_once(*[lambda: claimed(shop)] * 10)

    assert sorted(acquired.order_id for acquired in results if isinstance(acquired, Reservation)) == sorted(expected)


def test_confirmed_reservation_is_never_due(shop: Shop) -> None:
    confirmed_order(shop)

    assert claimed(shop, now=DUE + timedelta(days=365)) is None


def test_releasing_reservation_cannot_be_confirmed(shop: Shop) -> None:
    reservation = added(shop)
    claimed(shop)

    with shop.unit_of_work() as uow, pytest.raises(ReservationLost):
        uow.reservations.confirm(reservation.with_shipment("SHIP-1"))


def test_deleted_reservation_cannot_be_confirmed(shop: Shop) -> None:
    reservation = added(shop)
    done(shop, lambda uow: uow.reservations.delete(reservation))

    with shop.unit_of_work() as uow, pytest.raises(ReservationLost):
        uow.reservations.confirm(reservation)


def test_concurrent_confirm_and_acquire_succeed_once(shop: Shop) -> None:
    for _ in range(10):
        reservation = added(shop)

        def confirm(reservation: Reservation = reservation) -> str:
            done(shop, lambda uow: uow.reservations.confirm(reservation))
            return "confirmed"

        outcomes = at_once(confirm, lambda: claimed(shop))

        assert ("confirmed" in outcomes) != any(isinstance(outcome, Reservation) for outcome in outcomes), outcomes


def test_rollback_leaves_reservation_unchanged(shop: Shop) -> None:
    reservation = added(shop)
    with shop.unit_of_work() as uow:
        uow.reservations.confirm(reservation)
        uow.reservations.add(new_reservation(due_at=NOON))

    due = claimed(shop)

    assert due
    assert due.order_id == reservation.order_id


def test_postponed_reservation_is_due_with_shipment(shop: Shop) -> None:
    reservation = added(shop).with_shipment("SHIP-1")

    done(shop, lambda uow: uow.reservations.postpone(reservation, until=LATER))

    assert claimed(shop, now=LATER - timedelta(microseconds=1)) is None
    due = claimed(shop, now=LATER)
    assert due
    assert due.shipment_id == "SHIP-1"


def test_deleted_reservation_is_gone(shop: Shop) -> None:
    reservation = added(shop)

    done(shop, lambda uow: uow.reservations.delete(reservation))

    assert claimed(shop) is None


def test_confirmed_reservation_ignores_postpone_and_delete(shop: Shop) -> None:
    order = confirmed_order(shop)
    reservation = new_reservation(order_id=order.id)

    done(
        shop,
        lambda uow: uow.reservations.postpone(reservation, until=NOON),
        lambda uow: uow.reservations.delete(reservation),
    )
    assert claimed(shop) is None

    done(shop, lambda uow: uow.stock.release(order, by=ADA, at=NOON))
    assert claimed(shop) is not None


def test_key_allows_one_reservation(shop: Shop) -> None:
    added(shop, idempotency_key())

    with shop.unit_of_work() as uow, pytest.raises(RequestInProgress):
        uow.reservations.add(new_reservation(), idempotency_key())
    for other in (
        idempotency_key("other"),
        idempotency_key(subject="bob"),
        idempotency_key(scope="orders"),
        None,
        None,
    ):
        added(shop, other)


def test_concurrent_adds_under_a_key_succeed_once(shop: Shop) -> None:
    outcomes = at_once(*[lambda: added(shop, idempotency_key())] * 8)

    assert len([outcome for outcome in outcomes if isinstance(outcome, Reservation)]) == 1
    assert {type(outcome) for outcome in outcomes} == {Reservation, RequestInProgress}


@pytest.mark.parametrize("how", ["keep", "put_off", "remove"])
def test_key_is_free_after_reservation_ends(shop: Shop, how: str) -> None:
    reservation = added(shop, idempotency_key())
    end: dict[str, Callable[[UnitOfWork], object]] = {
        "keep": lambda uow: uow.reservations.confirm(reservation),
        "put_off": lambda uow: uow.reservations.postpone(reservation, until=LATER),
        "remove": lambda uow: uow.reservations.delete(reservation),
    }

    done(shop, end[how])

    added(shop, idempotency_key())


def test_key_is_in_use_during_release(shop: Shop) -> None:
    added(shop, idempotency_key())
    claimed(shop)

    with shop.unit_of_work() as uow, pytest.raises(RequestInProgress):
        uow.reservations.add(new_reservation(), idempotency_key())


class TestExternalStock:
    def test_released_stock_makes_reservation_due(self, shop: Shop) -> None:
        order = confirmed_order(shop, shipment_id="SHIP-7")
        moment = NOON + timedelta(hours=1)

        done(shop, lambda uow: uow.stock.release(order, by=ADA, at=moment))

        due = claimed(shop, now=moment, until=moment + LEASE)
        assert due
        assert (due.order_id, due.shipment_id, dict(due.quantities)) == (order.id, "SHIP-7", {7: 2, 9: 1})

    def test_second_release_of_stock_is_ignored(self, shop: Shop) -> None:
        order = confirmed_order(shop)
        done(shop, lambda uow: uow.stock.release(order, by=ADA, at=NOON))
        reservation = claimed(shop)
        assert reservation
        done(shop, lambda uow: uow.reservations.delete(reservation))

        done(shop, lambda uow: uow.stock.release(order, by=ADA, at=NOON))

        assert claimed(shop, now=LATER) is None

    @pytest.mark.clause("003-05", "003-14")
    def test_order_refers_to_external_products(self, shop: Shop) -> None:
        order = confirmed_order(shop)

        assert shop.queries.get(order.id).lines == order.lines
        with shop.unit_of_work() as uow:
            assert uow.products.get_many([7, 9]) == {}
            with pytest.raises(ProductNotFound):
                uow.products.get_for_update(7)
            with pytest.raises(ProductNotFound):
                uow.stock.restock(7, 1, by=ADMIN, at=NOON)

    def test_external_product_may_be_renamed(self, shop: Shop) -> None:
        confirmed_order(shop, name="Tea")

        confirmed_order(shop, name="Green tea", shipment_id="SHIP-2")

    def test_external_id_leaves_local_product_unchanged(self, shop: Shop) -> None:
        local: list[Product] = []
        for number in range(7):
            new = NewProduct(sku=f"OURS-{number}", name="Ours", price=Money(1, "USD"), stock=3)
            done(shop, lambda uow, new=new: local.append(uow.products.add(new, by=ADMIN, at=NOON)))  # type: ignore[misc]

        confirmed_order(shop)

        with shop.unit_of_work() as uow:
            assert uow.products.get_many([7]) == {7: local[6]}

    def test_new_products_avoid_external_ids(self, shop: Shop) -> None:
        confirmed_order(shop)
        local: list[int] = []

        for number in range(10):
            new = NewProduct(sku=f"OURS-{number}", name="Ours", price=Money(1, "USD"))
            done(shop, lambda uow, new=new: local.append(uow.products.add(new, by=ADMIN, at=NOON).id))  # type: ignore[misc]

        assert len(set(local) - {7, 9}) == 10

    def test_concurrent_orders_of_new_products_are_stored(self, shop: Shop) -> None:
        outcomes = at_once(*[lambda n=n: confirmed_order(shop, shipment_id=f"SHIP-{n}") for n in range(8)])

        assert all(isinstance(outcome, Order) for outcome in outcomes), outcomes


def test_shipment_belongs_to_one_order(shop: Shop) -> None:
    confirmed_order(shop)

    with shop.unit_of_work() as uow, pytest.raises(OrderExists):
        uow.orders.add(order_of(new_reservation()))


@pytest.mark.clause("003-14")
def test_foreign_keys_link_users_and_products(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = [
                (table, row.table, row[3])
                for table in ("orders", "order_items")
                for row in connection.execute(text(f"PRAGMA foreign_key_list({table})"))
            ]
        else:
            rows = [
                tuple(row)
                for row in connection.execute(
                    text(
                        "SELECT conrelid::regclass::text, confrelid::regclass::text, attname::text FROM pg_constraint "
                        "JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"
                    )
                )
            ]

    assert {
        ("orders", "users", "user_id"),
        ("order_items", "orders", "order_id"),
        ("order_items", "products", "product_id"),
    } <= set(rows)
