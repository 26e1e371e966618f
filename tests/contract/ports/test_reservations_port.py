"""The promises of the port Bookings, and of Stock where other services hold what an order has taken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from orders_domain import Money, Order, Origin
from orders_domain.errors import OrderExists, ProductNotFound, RequestInProgress, ReservationLost
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.product import NewProduct, OrderLine, Product
from orders_domain.model.reservation import LEASE, Reservation, ReservationState
from orders_domain.ports.unit_of_work import UnitOfWork
from tests.support.examples import ADA, ADMIN, NOON, new_id
from tests.support.stores import Shop
from tests.support.threads import at_once

DUE = NOON + LEASE
LATER = DUE + timedelta(seconds=30)


def reservation(**changes: object) -> Reservation:
    one = Reservation.start(new_id(), user_id="ada", quantities={7: 2, 9: 1}, at=NOON)
    return replace(one, **changes)  # type: ignore[arg-type]


def idempotency_key(key: str = "key", *, subject: str = "ada", scope: str = "ostore") -> IdempotencyKey:
    return IdempotencyKey(subject=subject, scope=scope, key=key, fingerprint="f")


def done(shop: Shop, *steps: Callable[[UnitOfWork], object]) -> None:
    """Do it in one unit of work, and commit."""
    with shop.unit_of_work() as uow:
        for step in steps:
            step(uow)
        uow.commit()


def added(shop: Shop, key: IdempotencyKey | None = None, **changes: object) -> Reservation:
    one = reservation(**changes)
    done(shop, lambda uow: uow.reservations.add(one, key))
    return one


def claimed(shop: Shop, *, now: datetime = DUE, until: datetime = LATER) -> Reservation | None:
    with shop.unit_of_work() as uow:
        one = uow.reservations.claim_due(now=now, until=until)
        uow.commit()
    return one


def order_of(one: Reservation, *, shipment_id: str = "SHIP-1") -> Order:
    lines = [OrderLine(product_id=p, quantity=q, unit_price=Money(250, "USD")) for p, q in one.quantities.items()]
    total = Money(sum(line.subtotal.minor for line in lines), "USD")
    return Order.place(
        order_id=one.order_id, origin=Origin.ORDERS, lines=lines, total=total, shipment_id=shipment_id, by=ADA, at=NOON
    )


def products_of(one: Reservation, name: str = "Tea") -> dict[int, Product]:
    return {
        p: Product(id=p, sku=f"remote:{p}", name=name, price=Money(250, "USD"), stock=q)
        for p, q in one.quantities.items()
    }


def kept(shop: Shop, *, shipment_id: str = "SHIP-1", name: str = "Tea") -> Order:
    """An order of products of elsewhere, stored with its booking."""
    one = added(shop).with_shipment(shipment_id)
    order = order_of(one, shipment_id=shipment_id)
    done(
        shop,
        lambda uow: uow.reservations.confirm(one),
        lambda uow: uow.orders.add(order),
        lambda uow: uow.stock.record_external_lines(order, products_of(one, name), at=NOON),
    )
    return order


def test_acquired_reservation_is_not_due_until_expiry(shop: Shop) -> None:
    one = added(shop)

    assert claimed(shop, now=DUE - timedelta(microseconds=1)) is None
    assert claimed(shop) == replace(one, state=ReservationState.RELEASING, due_at=LATER, shipment_requested=True)
    assert claimed(shop) is None
    assert claimed(shop, now=LATER, until=LATER + LEASE) is not None


def test_earliest_due_reservation_is_acquired_first(shop: Shop) -> None:
    late, early = added(shop, due_at=DUE), added(shop, due_at=NOON)

    assert [one.order_id for one in (claimed(shop), claimed(shop)) if one] == [early.order_id, late.order_id]


def test_concurrent_workers_acquire_distinct_reservations(shop: Shop) -> None:
    there = {added(shop).order_id for _ in range(6)}

    found = at_once(*[lambda: claimed(shop)] * 10)

    assert sorted(one.order_id for one in found if isinstance(one, Reservation)) == sorted(there)


def test_confirmed_reservation_is_never_due(shop: Shop) -> None:
    kept(shop)

    assert claimed(shop, now=DUE + timedelta(days=365)) is None


def test_releasing_reservation_cannot_be_confirmed(shop: Shop) -> None:
    one = added(shop)
    claimed(shop)

    with shop.unit_of_work() as uow, pytest.raises(ReservationLost):
        uow.reservations.confirm(one.with_shipment("SHIP-1"))


def test_deleted_reservation_cannot_be_confirmed(shop: Shop) -> None:
    one = added(shop)
    done(shop, lambda uow: uow.reservations.delete(one))

    with shop.unit_of_work() as uow, pytest.raises(ReservationLost):
        uow.reservations.confirm(one)


def test_concurrent_confirm_and_acquire_succeed_once(shop: Shop) -> None:
    for _ in range(10):
        one = added(shop)

        def keep(one: Reservation = one) -> str:
            done(shop, lambda uow: uow.reservations.confirm(one))
            return "kept"

        outcomes = at_once(keep, lambda: claimed(shop))

        assert ("kept" in outcomes) != any(isinstance(each, Reservation) for each in outcomes), outcomes


def test_rollback_leaves_reservation_unchanged(shop: Shop) -> None:
    one = added(shop)
    with shop.unit_of_work() as uow:
        uow.reservations.confirm(one)
        uow.reservations.add(reservation(due_at=NOON))

    found = claimed(shop)

    assert found
    assert found.order_id == one.order_id


def test_postponed_reservation_is_due_with_shipment(shop: Shop) -> None:
    one = added(shop).with_shipment("SHIP-1")

    done(shop, lambda uow: uow.reservations.postpone(one, until=LATER))

    assert claimed(shop, now=LATER - timedelta(microseconds=1)) is None
    found = claimed(shop, now=LATER)
    assert found
    assert found.shipment_id == "SHIP-1"


def test_deleted_reservation_is_gone(shop: Shop) -> None:
    one = added(shop)

    done(shop, lambda uow: uow.reservations.delete(one))

    assert claimed(shop) is None


def test_confirmed_reservation_ignores_postpone_and_delete(shop: Shop) -> None:
    order = kept(shop)
    one = reservation(order_id=order.id)

    done(shop, lambda uow: uow.reservations.postpone(one, until=NOON), lambda uow: uow.reservations.delete(one))
    assert claimed(shop) is None

    done(shop, lambda uow: uow.stock.release(order, by=ADA, at=NOON))
    assert claimed(shop) is not None


def test_key_allows_one_reservation(shop: Shop) -> None:
    added(shop, idempotency_key())

    with shop.unit_of_work() as uow, pytest.raises(RequestInProgress):
        uow.reservations.add(reservation(), idempotency_key())
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

    assert len([each for each in outcomes if isinstance(each, Reservation)]) == 1
    assert {type(each) for each in outcomes} == {Reservation, RequestInProgress}


@pytest.mark.parametrize("how", ["keep", "put_off", "remove"])
def test_key_is_free_after_reservation_ends(shop: Shop, how: str) -> None:
    one = added(shop, idempotency_key())
    end: dict[str, Callable[[UnitOfWork], object]] = {
        "keep": lambda uow: uow.reservations.confirm(one),
        "put_off": lambda uow: uow.reservations.postpone(one, until=LATER),
        "remove": lambda uow: uow.reservations.delete(one),
    }

    done(shop, end[how])

    added(shop, idempotency_key())


def test_key_is_in_use_during_release(shop: Shop) -> None:
    added(shop, idempotency_key())
    claimed(shop)

    with shop.unit_of_work() as uow, pytest.raises(RequestInProgress):
        uow.reservations.add(reservation(), idempotency_key())


class TestStockElsewhere:
    def test_released_stock_makes_reservation_due(self, shop: Shop) -> None:
        order = kept(shop, shipment_id="SHIP-7")
        moment = NOON + timedelta(hours=1)

        done(shop, lambda uow: uow.stock.release(order, by=ADA, at=moment))

        found = claimed(shop, now=moment, until=moment + LEASE)
        assert found
        assert (found.order_id, found.shipment_id, dict(found.quantities)) == (order.id, "SHIP-7", {7: 2, 9: 1})

    def test_second_release_of_stock_is_ignored(self, shop: Shop) -> None:
        order = kept(shop)
        done(shop, lambda uow: uow.stock.release(order, by=ADA, at=NOON))
        one = claimed(shop)
        assert one
        done(shop, lambda uow: uow.reservations.delete(one))

        done(shop, lambda uow: uow.stock.release(order, by=ADA, at=NOON))

        assert claimed(shop, now=LATER) is None

    @pytest.mark.clause("003-05", "003-14")
    def test_order_refers_to_external_products(self, shop: Shop) -> None:
        order = kept(shop)

        assert shop.queries.get(order.id).lines == order.lines
        with shop.unit_of_work() as uow:
            assert uow.products.get_many([7, 9]) == {}
            with pytest.raises(ProductNotFound):
                uow.products.get_for_update(7)
            with pytest.raises(ProductNotFound):
                uow.stock.restock(7, 1, by=ADMIN, at=NOON)

    def test_external_product_may_be_renamed(self, shop: Shop) -> None:
        kept(shop, name="Tea")

        kept(shop, name="Green tea", shipment_id="SHIP-2")

    def test_external_id_leaves_local_product_unchanged(self, shop: Shop) -> None:
        ours: list[Product] = []
        for number in range(7):
            new = NewProduct(sku=f"OURS-{number}", name="Ours", price=Money(1, "USD"), stock=3)
            done(shop, lambda uow, new=new: ours.append(uow.products.add(new, by=ADMIN, at=NOON)))  # type: ignore[misc]

        kept(shop)

        with shop.unit_of_work() as uow:
            assert uow.products.get_many([7]) == {7: ours[6]}

    def test_new_products_avoid_external_ids(self, shop: Shop) -> None:
        kept(shop)
        ours: list[int] = []

        for number in range(10):
            new = NewProduct(sku=f"OURS-{number}", name="Ours", price=Money(1, "USD"))
            done(shop, lambda uow, new=new: ours.append(uow.products.add(new, by=ADMIN, at=NOON).id))  # type: ignore[misc]

        assert len(set(ours) - {7, 9}) == 10

    def test_concurrent_orders_of_new_products_are_stored(self, shop: Shop) -> None:
        outcomes = at_once(*[lambda n=n: kept(shop, shipment_id=f"SHIP-{n}") for n in range(8)])

        assert all(isinstance(each, Order) for each in outcomes), outcomes


def test_shipment_belongs_to_one_order(shop: Shop) -> None:
    kept(shop)

    with shop.unit_of_work() as uow, pytest.raises(OrderExists):
        uow.orders.add(order_of(reservation()))


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
