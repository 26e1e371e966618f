"""Ordering a cart and cancelling an order, on the memory adapters."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orders_adapters.security.cart_signatures import HmacCartVerifier, canonical
from orders_domain import Actor, Order, OrderStatus
from orders_domain.errors import AccessDenied, InvalidCart, InvalidValue, VersionMismatch
from orders_domain.model.access import OWNER_OR_WRITER
from orders_domain.model.cart import Cart
from orders_domain.model.history import HistoryEntry
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.order import OrderFinalized, rebuild
from orders_domain.use_cases import CancelOrder, PlaceCartOrder, cancel_order, place_cart_order
from tests.support.carts import cart, content
from tests.support.examples import ADA, ADMIN, CLERK, GRACE, NOON, new_id, only
from tests.support.use_cases import Shop


@dataclass
class Till(Shop):
    """A shop that takes carts; ``honest`` says whether their signatures are good."""

    honest: bool = True

    def order(self, cart: Cart, *, by: Actor, idempotency_key: IdempotencyKey | None = None) -> Order:
        return place_cart_order(
            PlaceCartOrder(actor=by, cart=cart, idempotency_key=idempotency_key),
            signature_verifier=lambda _: self.honest,
            uow=self.uow,
            clock=self.clock,
            new_id=new_id,
        )

    def cancel(self, order: Order, *, by: Actor = CLERK, reason: str | None = None, **more: Any) -> Order:
        request = CancelOrder(actor=by, order_id=order.id, reason=reason, **more)
        return cancel_order(request, uow=self.uow, cache=self.cache, clock=self.clock)

    def history(self, order: Order) -> list[HistoryEntry]:
        return list(self.queries.history(order.id))


@pytest.fixture
def till() -> Till:
    return Till()


def test_an_order_of_a_cart_is_the_users_of_the_cart_not_of_who_sends_it(till: Till) -> None:
    own, sent, guests = (till.order(cart(user_id=whose), by=by) for whose, by in
                         (("ada", ADA), ("ada", CLERK), (None, ADMIN)))  # fmt: skip

    assert [own.user_id, sent.user_id, guests.user_id] == ["ada", "ada", None]
    assert own.cart == cart()
    assert own.total == cart().total
    assert till.get(guests.id, by=CLERK, access=OWNER_OR_WRITER) == guests


@pytest.mark.parametrize("whose", ["grace", None])
def test_a_cart_of_somebody_else_needs_the_scope(till: Till, whose: str | None) -> None:
    with pytest.raises(AccessDenied):
        till.order(cart(user_id=whose), by=ADA)

    assert not till.store.orders


def test_a_cart_that_is_not_signed_is_refused_whoever_sends_it(till: Till) -> None:
    till.honest = False

    for actor in (ADA, GRACE, ADMIN):
        with pytest.raises(InvalidCart) as refusal:
            till.order(cart(), by=actor)
        assert refusal.value.field == "signature"
    assert not till.store.orders
    assert not till.store.outbox


def test_a_cart_sent_again_is_ordered_once(till: Till) -> None:
    idempotency_key = IdempotencyKey(subject="ada", scope="checkout", key="key", fingerprint="cart")
    first = till.order(cart(), by=ADA, idempotency_key=idempotency_key)

    with pytest.raises(DuplicateRequest) as done:
        till.order(cart(), by=ADA, idempotency_key=idempotency_key)

    assert done.value.order == first
    assert list(till.store.orders) == [first.id]


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_cancelled_as_long_as_it_is_here(till: Till, status: OrderStatus) -> None:
    order = till.order(cart(), by=ADA)
    for step in (OrderStatus.SHIPPED, OrderStatus.DELIVERED) if status is OrderStatus.DELIVERED else (status,):
        order = till.administer(order.id, step)
    till.clock.advance(60)

    if status in (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PAID):
        canceled = till.cancel(order, reason="too late")
        assert (canceled.status, canceled.cancellation_reason) == (OrderStatus.CANCELED, "too late")
        assert canceled.canceled_at == till.clock()
        assert till.get(order.id) == canceled
    else:
        with pytest.raises(OrderFinalized) as refusal:
            till.cancel(order)
        assert refusal.value.order == order == till.get(order.id)


def test_a_cancellation_is_for_operators_and_for_the_version_they_saw(till: Till) -> None:
    order = till.order(cart(), by=ADA)

    for actor in (ADA, GRACE):
        with pytest.raises(AccessDenied):
            till.cancel(order, by=actor)
    with pytest.raises(VersionMismatch):
        till.cancel(order, versions=frozenset({2}))
    assert till.get(order.id).status is OrderStatus.PENDING


@pytest.mark.parametrize("reason", ["r" * 201, "a\x00b", "\ud800"])
def test_a_reason_that_cannot_be_kept_cancels_nothing(till: Till, reason: str) -> None:
    order = till.order(cart(), by=ADA)

    with pytest.raises(InvalidValue) as refusal:
        till.cancel(order, reason=reason)

    assert refusal.value.field == "reason"
    assert till.get(order.id).status is OrderStatus.PENDING


@pytest.mark.parametrize("reason", [None, "", "customer_request"])
@pytest.mark.parametrize("whose", ["ada", None])
def test_the_history_tells_of_carts_guests_and_reasons(till: Till, whose: str | None, reason: str | None) -> None:
    order = till.order(cart(user_id=whose), by=CLERK)
    assert rebuild(till.history(order), number=order.number) == order

    canceled = till.cancel(order, reason=reason)

    assert rebuild(till.history(order), number=order.number) == canceled


def test_what_says_reason_and_is_no_cancellation_is_no_reason_of_one(till: Till) -> None:
    order = till.order(cart(), by=ADA)
    order.change_status(only(OrderStatus.SHIPPED), by=ADMIN, at=NOON)
    (shipping,) = order.new_entries
    told = replace(shipping, details={"reason": "it was ready"})

    assert rebuild([*till.history(order), told]).cancellation_reason is None


@pytest.mark.parametrize("secrets", [("new",), ("new", "old"), ("old", "new")])
def test_any_secret_in_use_signs_in_either_case_and_no_other(secrets: tuple[str, ...]) -> None:
    digest = hmac.new(b"new", canonical(content()), hashlib.sha256).hexdigest()
    signed = HmacCartVerifier(secrets)

    assert signed(cart(signature=digest))
    assert signed(cart(signature=digest.upper()))
    assert not HmacCartVerifier(["old"])(cart(signature=digest))
    for other in (digest[:-1], digest + "0", "0" * 64, "\u212a" * 64, digest[::-1]):
        assert not signed(cart(signature=other))
    assert not signed(cart(signature=digest, more=1))
    assert not signed(cart(signature=digest, more=2**53))
