"""Domain layer: the order model, its ports and its use cases.

It imports only the standard library.
"""

from orders_domain.errors import Kind, OrdersError
from orders_domain.model.access import AccessPolicy
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.address import Address
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.events import Event
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrderFilter, Page
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.origin import Origin
from orders_domain.model.product import NewProduct, Product, RequestedItem
from orders_domain.model.status import TRANSITIONS, OrderStatus, StatusVocabulary, TargetStatus
from orders_domain.model.values.money import Money

__all__ = [
    "TRANSITIONS",
    "AccessPolicy",
    "Actor",
    "Address",
    "CustomItem",
    "Event",
    "IdempotencyKey",
    "Kind",
    "Money",
    "NewProduct",
    "Order",
    "OrderFilter",
    "OrderRef",
    "OrderStatus",
    "OrdersError",
    "Origin",
    "Page",
    "Product",
    "RequestedItem",
    "Role",
    "StatusVocabulary",
    "TargetStatus",
]
