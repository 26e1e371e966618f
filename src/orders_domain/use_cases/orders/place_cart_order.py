"""Place the order that a signed cart is."""

from dataclasses import dataclass

from orders_domain.errors import InvalidCart
from orders_domain.model.access import OWNER_OR_WRITER
from orders_domain.model.actor import Actor
from orders_domain.model.cart import Cart
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.ports.cart_signatures import CartSignatureVerifier
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders._common import store_new_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCartOrder:
    """A cart, to be ordered for whom it belongs to; for nobody, where it is a guest's."""

    actor: Actor
    cart: Cart
    idempotency_key: IdempotencyKey | None = None


def place_cart_order(
    request: PlaceCartOrder, *, signature_verifier: CartSignatureVerifier, uow: UnitOfWork, clock: Clock, new_id: NewId
) -> Order:
    """Return the new order (clauses 004-02, 004-05); the cart's prices hold, and no stock of ours is touched.

    Raises:
        InvalidCart: its signature is none of the cart service's.
        AccessDenied: it is not the actor's, who has not the scope orders:write either.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``Keys.claim``.
        StoreUnavailable: the store is away.
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
