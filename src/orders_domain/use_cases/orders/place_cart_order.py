"""Use case: place an order from a signed cart."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from orders_domain.errors import InvalidCart
from orders_domain.model.access import OWNER_OR_WRITER
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import ContentLimits
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.life.placing import Placing
from orders_domain.model.order import CartOrdered, Order
from orders_domain.model.origin import Origin
from orders_domain.ports.cart_signatures import CartSignatureVerifier
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest, has_sku, placing_with_products
from orders_domain.use_cases.orders._stock import deduct_stock


@dataclass(frozen=True, slots=True, kw_only=True)
class CartPolicy:
    """How long a cart may be ordered, and whether the cart of a canceled or deleted order may be ordered again."""

    max_age: timedelta = timedelta(days=1)
    reorder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCartOrder(PlacementRequest):
    """A cart to order for its user, or for a guest; ``language`` is that of letters, if the client states it."""

    cart: Cart
    language: object = None  # unsigned, so that it is not checked: one that is no language tag counts as absent


def place_cart_order(
    request: PlaceCartOrder,
    *,
    signature_verifier: CartSignatureVerifier,
    policy: CartPolicy,
    limits: ContentLimits = ContentLimits(),  # noqa: B008 - immutable
    take_stock: bool = False,
    expire_after: timedelta | None = None,
    uow: UnitOfWork,
    clock: Clock,
    new_id: NewId,
    direct: DirectPlacement | None = None,
) -> Order:
    """Return the new order, at the cart's prices (clauses 004-02, 004-05).

    With ``take_stock``, an item whose ``sku`` names a product of the catalogue takes its quantity from stock. Such
    an order expires after ``expire_after`` if it is not paid then.

    A cart is ordered once: if it was ordered before, under whatever key, the request counts as a repetition, also
    when the cart has become too old.

    Raises:
        InvalidCart: the signature is not valid, or the cart is too large, too old or too far in the future.
        AccessDenied: the cart belongs to another user, and the actor does not have the scope orders:write.
        InsufficientStock: products have insufficient stock; nothing is stored.
        CartOrdered: a cart with the same snapshotId but another content was ordered before.
        DuplicateRequest: the cart was ordered before, or see ``IdempotencyKeys.acquire``.
        IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    cart, now = request.cart, clock()
    if not signature_verifier(cart):
        raise InvalidCart("Must be a signature of the cart service.", field="signature")
    OWNER_OR_WRITER.authorize_owner(request.actor, cart.user_id)
    build = partial(_build, request, order_id=new_id(), limits=limits, at=now)
    order = build(placing=request.placing)
    takes_stock = take_stock and has_sku(cart.items)

    def current(_: object) -> Order:
        cart.ensure_current(at=now, max_age=policy.max_age)
        return order

    if direct and not takes_stock and direct.place(current, idempotency_key=request.idempotency_key, at=now):
        return order
    with uow:
        if request.idempotency_key:
            uow.idempotency_keys.acquire(request.idempotency_key, at=now)
        if takes_stock:
            order = build(placing=placing_with_products(request, cart.items, uow, expire_after=expire_after, at=now))
        placed = _add_or_get(order, cart, uow, reorder=policy.reorder)
        if placed is order:  # checked after the insert, because a repetition is answered whatever its age
            cart.ensure_current(at=now, max_age=policy.max_age)
            deduct_stock(order, by=request.actor, uow=uow)
        if request.idempotency_key:
            uow.idempotency_keys.store(request.idempotency_key, placed, at=now)
        uow.commit()
    if placed is not order:
        raise DuplicateRequest(placed)
    return order


def _build(
    request: PlaceCartOrder,
    *,
    order_id: UUID,
    limits: ContentLimits,
    placing: Placing,
    at: datetime,
) -> Order:
    return Order.place(
        order_id=order_id,
        origin=Origin.CHECKOUT,
        cart=request.cart,
        total=request.cart.total,
        limits=limits,
        placing=replace(placing, contact=Contact.of(language=request.language)),
        by=request.actor,
        at=at,
    )


def _add_or_get(order: Order, cart: Cart, uow: UnitOfWork, *, reorder: bool) -> Order:
    """Add and return the order, or return the earlier order of the same cart in its initial state."""
    try:
        uow.orders.add(order)
    except CartOrdered as ordered:
        if reorder:
            uow.orders.release_cart(cart.snapshot_id)
            return _add_or_get(order, cart, uow, reorder=False)
        if ordered.order.cart and cart.has_content_of(ordered.order.cart):
            return ordered.order
        raise
    return order
