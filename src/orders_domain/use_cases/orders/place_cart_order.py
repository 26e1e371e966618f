"""Use case: place an order from a signed cart."""

from dataclasses import dataclass

from orders_domain.errors import InvalidCart
from orders_domain.model.access import OWNER_OR_WRITER
from orders_domain.model.cart import Cart
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.ports.cart_signatures import CartSignatureVerifier
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import PlacementRequest, store_new_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCartOrder(PlacementRequest):
    """A cart to order for its user, or for a guest."""

    cart: Cart


def place_cart_order(
    request: PlaceCartOrder, *, signature_verifier: CartSignatureVerifier, uow: UnitOfWork, clock: Clock, new_id: NewId
) -> Order:
    """Return the new order, at the cart's prices; no stock is deducted (clauses 004-02, 004-05).

    Raises:
        InvalidCart: the signature is not valid.
        AccessDenied: the cart belongs to another user, and the actor does not have the scope orders:write.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
        StoreUnavailable: the store is unavailable.
    """
    cart = request.cart
    if not signature_verifier(cart):
        raise InvalidCart("Must be a signature of the cart service.", field="signature")
    OWNER_OR_WRITER.authorize_owner(request.actor, cart.user_id)
    order = Order.place(
        order_id=new_id(), origin=Origin.CHECKOUT, cart=cart, total=cart.total, by=request.actor, at=clock()
    )
    store_new_order(order, idempotency_key=request.idempotency_key, uow=uow)
    return order
