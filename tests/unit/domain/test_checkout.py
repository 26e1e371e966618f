"""Use cases of carts: placing and cancelling an order, on the memory adapters."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orders_adapters.security.cart_signatures import HmacCartVerifier, canonical
from orders_adapters.testing.examples import ADA, ADMIN, CLERK, GRACE, NOON, new_id, only
from orders_domain import Actor, Order, OrderStatus
from orders_domain.errors import AccessDenied, InvalidCart, InvalidValue, VersionMismatch
from orders_domain.model.access import OWNER_OR_WRITER
from orders_domain.model.cart import Cart
from orders_domain.model.history import HistoryEntry
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.order import OrderFinalized, rebuild
from orders_domain.use_cases import CancelOrder, PlaceCartOrder, cancel_order, place_cart_order
from tests.support.carts import cart, content
from tests.support.use_cases import Shop


@dataclass
class CheckoutShop(Shop):
    """Use cases of carts; ``honest`` says whether cart signatures are valid."""

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
def shop() -> CheckoutShop:
    return CheckoutShop()


def test_order_belongs_to_the_cart_user(shop: CheckoutShop) -> None:
    own, sent, guests = (shop.order(cart(user_id=user_id), by=by) for user_id, by in
                         (("ada", ADA), ("ada", CLERK), (None, ADMIN)))  # fmt: skip

    assert [own.user_id, sent.user_id, guests.user_id] == ["ada", "ada", None]
    assert own.cart == cart()
    assert own.total == cart().total
    assert shop.get(guests.id, by=CLERK, access=OWNER_OR_WRITER) == guests


@pytest.mark.parametrize("user_id", ["grace", None])
def test_cart_of_another_user_needs_the_scope(shop: CheckoutShop, user_id: str | None) -> None:
    with pytest.raises(AccessDenied):
        shop.order(cart(user_id=user_id), by=ADA)

    assert not shop.store.orders


def test_unsigned_cart_is_rejected_for_all_actors(shop: CheckoutShop) -> None:
    shop.honest = False

    for actor in (ADA, GRACE, ADMIN):
        with pytest.raises(InvalidCart) as refusal:
            shop.order(cart(), by=actor)
        assert refusal.value.field == "signature"
    assert not shop.store.orders
    assert not shop.store.outbox


def test_repeated_cart_is_ordered_once(shop: CheckoutShop) -> None:
    idempotency_key = IdempotencyKey(subject="ada", scope="checkout", key="key", fingerprint="cart")
    first = shop.order(cart(), by=ADA, idempotency_key=idempotency_key)

    with pytest.raises(DuplicateRequest) as done:
        shop.order(cart(), by=ADA, idempotency_key=idempotency_key)

    assert done.value.order == first
    assert list(shop.store.orders) == [first.id]


@pytest.mark.parametrize("status", OrderStatus)
def test_undelivered_order_can_be_cancelled(shop: CheckoutShop, status: OrderStatus) -> None:
    order = shop.order(cart(), by=ADA)
    for step in (OrderStatus.SHIPPED, OrderStatus.DELIVERED) if status is OrderStatus.DELIVERED else (status,):
        order = shop.administer(order.id, step)
    shop.clock.advance(60)

    if status in (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PAID):
        canceled = shop.cancel(order, reason="too late")
        assert (canceled.status, canceled.cancellation_reason) == (OrderStatus.CANCELED, "too late")
        assert canceled.canceled_at == shop.clock()
        assert shop.get(order.id) == canceled
    else:
        with pytest.raises(OrderFinalized) as refusal:
            shop.cancel(order)
        assert refusal.value.order == order == shop.get(order.id)


def test_cancellation_needs_operator_and_version(shop: CheckoutShop) -> None:
    order = shop.order(cart(), by=ADA)

    for actor in (ADA, GRACE):
        with pytest.raises(AccessDenied):
            shop.cancel(order, by=actor)
    with pytest.raises(VersionMismatch):
        shop.cancel(order, versions=frozenset({2}))
    assert shop.get(order.id).status is OrderStatus.PENDING


@pytest.mark.parametrize("reason", ["r" * 201, "a\x00b", "\ud800"])
def test_invalid_reason_cancels_nothing(shop: CheckoutShop, reason: str) -> None:
    order = shop.order(cart(), by=ADA)

    with pytest.raises(InvalidValue) as refusal:
        shop.cancel(order, reason=reason)

    assert refusal.value.field == "reason"
    assert shop.get(order.id).status is OrderStatus.PENDING


@pytest.mark.parametrize("reason", [None, "", "customer_request"])
@pytest.mark.parametrize("user_id", ["ada", None])
def test_history_rebuilds_carts_and_reasons(shop: CheckoutShop, user_id: str | None, reason: str | None) -> None:
    order = shop.order(cart(user_id=user_id), by=CLERK)
    assert rebuild(shop.history(order), number=order.number) == order

    canceled = shop.cancel(order, reason=reason)

    assert rebuild(shop.history(order), number=order.number) == canceled


def test_reason_of_other_change_is_ignored(shop: CheckoutShop) -> None:
    order = shop.order(cart(), by=ADA)
    order.change_status(only(OrderStatus.SHIPPED), by=ADMIN, at=NOON)
    (shipping,) = order.new_entries
    other = replace(shipping, details={"reason": "it was ready"})

    assert rebuild([*shop.history(order), other]).cancellation_reason is None


@pytest.mark.parametrize("secrets", [("new",), ("new", "old"), ("old", "new")])
def test_signature_accepts_any_current_secret(secrets: tuple[str, ...]) -> None:
    digest = hmac.new(b"new", canonical(content()), hashlib.sha256).hexdigest()
    signed = HmacCartVerifier(secrets)

    assert signed(cart(signature=digest))
    assert signed(cart(signature=digest.upper()))
    assert not HmacCartVerifier(["old"])(cart(signature=digest))
    for other in (digest[:-1], digest + "0", "0" * 64, "\u212a" * 64, digest[::-1]):
        assert not signed(cart(signature=other))
    assert not signed(cart(signature=digest, more=1))
    assert not signed(cart(signature=digest, more=2**53))
