"""Use cases of carts: placing and cancelling an order, on the memory adapters."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from rfc8785 import CanonicalizationError

from orders_adapters.security.cart_signatures import HmacCartVerifier, canonical, stringified
from orders_adapters.testing.carts import cart, content
from orders_adapters.testing.examples import ADA, ADMIN, CLERK, GRACE, NOON, new_id, only
from orders_domain import Actor, Order, OrderStatus
from orders_domain.errors import AccessDenied, IdempotencyKeyReused, InvalidCart, InvalidValue, VersionMismatch
from orders_domain.model.access import OWNER_OR_WRITER
from orders_domain.model.cart import Cart
from orders_domain.model.history import HistoryEntry
from orders_domain.model.idempotency import DuplicateRequest, IdempotencyKey
from orders_domain.model.order import CartOrdered, OrderFinalized, rebuild
from orders_domain.use_cases import CancelOrder, CartPolicy, PlaceCartOrder, cancel_order, place_cart_order
from tests.support.cases import each_case
from tests.support.shop import InMemoryShop


@dataclass
class CheckoutShop(InMemoryShop):
    """Use cases of carts; ``honest`` says whether cart signatures are valid."""

    honest: bool = True
    policy: CartPolicy = field(default_factory=CartPolicy)

    def order_cart(self, cart: Cart, *, by: Actor, idempotency_key: IdempotencyKey | None = None) -> Order:
        return place_cart_order(
            PlaceCartOrder(actor=by, cart=cart, idempotency_key=idempotency_key),
            signature_verifier=lambda _: self.honest,
            policy=self.policy,
            uow=self.unit_of_work(),
            clock=self.clock,
            new_id=new_id,
        )

    def cancel_order(self, order: Order, *, by: Actor = CLERK, reason: str | None = None, **more: Any) -> Order:
        request = CancelOrder(actor=by, order_id=order.id, reason=reason, **more)
        return cancel_order(request, uow=self.unit_of_work(), cache=self.cache, clock=self.clock)

    def history(self, order: Order) -> list[HistoryEntry]:
        return list(self.queries.history(order.id))


@pytest.fixture
def shop() -> CheckoutShop:
    return CheckoutShop()


def test_order_belongs_to_the_cart_user(shop: CheckoutShop) -> None:
    own, sent, guests = (shop.order_cart(cart(user_id=user_id, snapshotId=by.subject), by=by) for user_id, by in
                         (("ada", ADA), ("ada", CLERK), (None, ADMIN)))  # fmt: skip

    assert [own.user_id, sent.user_id, guests.user_id] == ["ada", "ada", None]
    assert own.cart == cart(snapshotId="ada")
    assert own.total == cart().total
    assert shop.get(guests.id, by=CLERK, access=OWNER_OR_WRITER) == guests


@pytest.mark.parametrize("user_id", ["grace", None])
def test_cart_of_another_user_needs_the_scope(shop: CheckoutShop, user_id: str | None) -> None:
    with pytest.raises(AccessDenied):
        shop.order_cart(cart(user_id=user_id), by=ADA)

    assert not shop.store.orders


def test_unsigned_cart_is_rejected_for_all_actors(shop: CheckoutShop) -> None:
    shop.honest = False

    for actor in (ADA, GRACE, ADMIN):
        with pytest.raises(InvalidCart) as refusal:
            shop.order_cart(cart(), by=actor)
        assert refusal.value.field == "signature"
    assert not shop.store.orders
    assert not shop.store.outbox


def test_repeated_cart_is_ordered_once(shop: CheckoutShop) -> None:
    idempotency_key = IdempotencyKey(subject="ada", scope="checkout", key="key", fingerprint="cart")
    first = shop.order_cart(cart(), by=ADA, idempotency_key=idempotency_key)

    with pytest.raises(DuplicateRequest) as done:
        shop.order_cart(cart(), by=ADA, idempotency_key=idempotency_key)

    assert done.value.order == first
    assert list(shop.store.orders) == [first.id]


def once(by: Actor, key: str) -> IdempotencyKey:
    return IdempotencyKey(subject=by.subject, scope="checkout", key=key, fingerprint="cart")


@pytest.mark.parametrize("signature", ["signed", "signed with another secret"])
@pytest.mark.parametrize("by", [ADA, CLERK])
def test_cart_under_another_key_is_a_repetition(shop: CheckoutShop, by: Actor, signature: str) -> None:
    first = shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, "first"))
    placed = replace(shop.get(first.id), new_entries=[])
    shop.administer(first.id, OrderStatus.PAID)

    for key in ("second", "second", "third"):
        with pytest.raises(DuplicateRequest) as done:
            shop.order_cart(cart(signature=signature), by=by, idempotency_key=once(by, key))
        assert done.value.order == placed
    assert list(shop.store.orders) == [first.id]


def test_key_of_repeated_cart_is_used_up(shop: CheckoutShop) -> None:
    shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, "first"))
    with pytest.raises(DuplicateRequest):
        shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, "second"))

    other = replace(once(ADA, "second"), fingerprint="other")
    with pytest.raises(IdempotencyKeyReused):
        shop.order_cart(cart(snapshotId="other"), by=ADA, idempotency_key=other)


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": "grace"},
        {"user_id": None},
        {"cartVersion": 6},
        {"unknown": True},
        {"createdAt": "2026-03-14T11:55:01Z"},
    ],
)
def test_snapshot_id_of_other_cart_is_rejected(shop: CheckoutShop, other: dict[str, Any]) -> None:
    first = shop.order_cart(cart(), by=CLERK)

    with pytest.raises(CartOrdered, match="snapshotId") as refusal:
        shop.order_cart(cart(**other), by=CLERK, idempotency_key=once(CLERK, "key"))

    assert str(first.id) not in str(refusal.value)
    assert list(shop.store.orders) == [first.id]
    assert not shop.store.idempotency_keys


def test_stranger_does_not_learn_of_an_order(shop: CheckoutShop) -> None:
    shop.order_cart(cart(), by=ADA)

    with pytest.raises(AccessDenied):
        shop.order_cart(cart(), by=GRACE)


@pytest.mark.parametrize(
    ("seconds", "allowed"),
    [(-301, False), (-300, True), (0, True), (3_600, True), (3_600.000001, False), (10**8, False)],
)
def test_cart_is_ordered_within_its_age(shop: CheckoutShop, seconds: float, allowed: bool) -> None:
    shop.policy = CartPolicy(max_age=timedelta(hours=1))
    created_at = (shop.clock() - timedelta(seconds=seconds)).isoformat()

    if allowed:
        assert shop.order_cart(cart(createdAt=created_at), by=ADA)
        return
    with pytest.raises(InvalidCart) as refusal:
        shop.order_cart(cart(createdAt=created_at), by=ADA, idempotency_key=once(ADA, "key"))
    assert refusal.value.field == "createdAt"
    assert "3600 seconds" in str(refusal.value)
    assert not shop.store.orders
    assert not shop.store.idempotency_keys


def test_old_cart_that_was_ordered_is_a_repetition(shop: CheckoutShop) -> None:
    first = shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, "first"))
    shop.clock.advance(10**7)

    for key in ("first", "second"):
        with pytest.raises(DuplicateRequest) as done:
            shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, key))
        assert done.value.order.id == first.id


@pytest.mark.parametrize("ended", ["canceled", "deleted"])
def test_reorder_needs_the_setting_and_an_ended_order(shop: CheckoutShop, ended: str) -> None:
    shop.policy = CartPolicy(reorder=True)
    first = shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, "first"))
    with pytest.raises(DuplicateRequest):
        shop.order_cart(cart(), by=ADA)

    end(shop, first, ended)
    shop.policy = CartPolicy()
    with pytest.raises(DuplicateRequest):
        shop.order_cart(cart(), by=ADA)
    shop.policy = CartPolicy(reorder=True)
    second = shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, "second"))

    assert second.id != first.id
    for key, order in (("first", first), ("second", second), ("third", second)):
        with pytest.raises(DuplicateRequest) as done:
            shop.order_cart(cart(), by=ADA, idempotency_key=once(ADA, key))
        assert done.value.order.id == order.id


def end(shop: CheckoutShop, order: Order, ended: str) -> None:
    if ended == "canceled":
        shop.cancel_order(order)
        return
    with shop.unit_of_work() as uow:
        stored = uow.orders.get_for_update(order.id)
        stored.delete(by=ADMIN, at=shop.clock())
        uow.orders.save(stored)
        uow.commit()


@pytest.mark.parametrize("status", OrderStatus)
def test_undelivered_order_can_be_cancelled(shop: CheckoutShop, status: OrderStatus) -> None:
    order = shop.order_cart(cart(), by=ADA)
    for step in (OrderStatus.SHIPPED, OrderStatus.DELIVERED) if status is OrderStatus.DELIVERED else (status,):
        order = shop.administer(order.id, step)
    shop.clock.advance(60)

    if status in (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PAID):
        canceled = shop.cancel_order(order, reason="too late")
        assert (canceled.status, canceled.cancellation_reason) == (OrderStatus.CANCELED, "too late")
        assert canceled.canceled_at == shop.clock()
        assert shop.get(order.id) == canceled
    else:
        with pytest.raises(OrderFinalized) as refusal:
            shop.cancel_order(order)
        assert refusal.value.order == order == shop.get(order.id)


def test_cancellation_needs_operator_and_version(shop: CheckoutShop) -> None:
    order = shop.order_cart(cart(), by=ADA)

    for actor in (ADA, GRACE):
        with pytest.raises(AccessDenied):
            shop.cancel_order(order, by=actor)
    with pytest.raises(VersionMismatch):
        shop.cancel_order(order, versions=frozenset({2}))
    assert shop.get(order.id).status is OrderStatus.PENDING


@pytest.mark.parametrize("reason", ["r" * 201, "a\x00b", "\ud800"])
def test_invalid_reason_cancels_nothing(shop: CheckoutShop, reason: str) -> None:
    order = shop.order_cart(cart(), by=ADA)

    with pytest.raises(InvalidValue) as refusal:
        shop.cancel_order(order, reason=reason)

    assert refusal.value.field == "reason"
    assert shop.get(order.id).status is OrderStatus.PENDING


@pytest.mark.parametrize("reason", [None, "", "customer_request"])
@pytest.mark.parametrize("user_id", ["ada", None])
def test_history_rebuilds_carts_and_reasons(shop: CheckoutShop, user_id: str | None, reason: str | None) -> None:
    order = shop.order_cart(cart(user_id=user_id), by=CLERK)
    assert rebuild(shop.history(order), number=order.number) == order

    canceled = shop.cancel_order(order, reason=reason)

    assert rebuild(shop.history(order), number=order.number) == canceled


def test_reason_of_other_change_is_ignored(shop: CheckoutShop) -> None:
    order = shop.order_cart(cart(), by=ADA)
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
    assert not signed(cart(signature=digest, more=2**53 + 1))


# As Node 20 writes 2 ** 53, 2 ** 60, -(2 ** 60), 1e20, 1.5e300, -0 and 5e-324.
@each_case(
    "text",
    [
        "9007199254740992",
        "1152921504606847000",
        "-1152921504606847000",
        "100000000000000000000",
        "1.5e+300",
        "0",
        "5e-324",
    ],
)
def test_signature_accepts_numbers_as_javascript_writes_them(text: str) -> None:
    written = {"z": json.loads(text), "2": [json.loads(text)]}

    for form in (canonical, stringified):
        assert form({"a": written}) in (
            f'{{"a":{{"2":[{text}],"z":{text}}}}}'.encode(),
            f'{{"a":{{"z":{text},"2":[{text}]}}}}'.encode(),
        )


@each_case("number", [2**53 + 1, 2**60, 2**63 - 1, 10**20 + 1, 10**21, 10**30, -(2**53) - 1])
def test_signature_refuses_digits_that_javascript_does_not_write(number: int) -> None:
    with pytest.raises(CanonicalizationError):
        stringified({"a": {"b": [number]}})
