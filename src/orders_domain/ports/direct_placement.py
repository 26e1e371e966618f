"""Direct placement port: the common case of placing an order, without a unit of work."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.product import Product, ProductId


class DirectPlacement(Protocol):
    """Places an order in the fewest round trips if nothing unusual is involved; otherwise it changes nothing.

    A use case tries it first, and continues with a unit of work if no order was placed. Both ways leave the same rows
    and the same events.
    """

    def place(
        self,
        build: Callable[[Mapping[ProductId, Product]], Order],
        *,
        product_ids: Collection[ProductId] = (),
        idempotency_key: IdempotencyKey | None = None,
        at: datetime,
    ) -> Order | None:
        """Store the order, its stock deduction, its history, its events and its key together, or nothing.

        None is returned, and nothing is stored, if ``build`` raises an OrdersError, the stock is insufficient, a
        product is unknown or changed meanwhile, a stock reaches its threshold, the cart or the order is stored already,
        a request with the same key is in progress, or the user is new: a unit of work decides about these.

        Args:
            build: returns the new order for the products that exist; it may be called once or never.
            product_ids: the products whose stock the lines of the order deduct.
            idempotency_key: the key to store with the order.
            at: the time of the request, for the expiry of keys.

        Raises:
            DuplicateRequest: the key is stored with the order of the same request.
            IdempotencyKeyReused: the key is stored with the order of another request.
            StoreContention: the store rolled the order back; the placement can be retried.
            StoreUnavailable: the store is unavailable; the order may be stored.
        """
        ...
