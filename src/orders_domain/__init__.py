"""The business of orders: the entity, its lifecycle, the ports it needs and what can be done for people.

Nothing here imports anything but the standard library.
"""

from orders_domain.errors import Kind, OrdersError
from orders_domain.model.access import Access
from orders_domain.model.actor import Actor, Role
from orders_domain.model.address import Address
from orders_domain.model.custom_item import Item
from orders_domain.model.events import Event
from orders_domain.model.idempotency import Once
from orders_domain.model.money import Money
from orders_domain.model.order import Order
from orders_domain.model.order_filter import OrdersWanted, Page
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.origin import Origin
from orders_domain.model.product import Demand, NewProduct, Product
from orders_domain.model.status import LIFECYCLE, OrderStatus, Vocabulary, Wanted

__all__ = [
    "LIFECYCLE",
    "Access",
    "Actor",
    "Address",
    "Demand",
    "Event",
    "Item",
    "Kind",
    "Money",
    "NewProduct",
    "Once",
    "Order",
    "OrderRef",
    "OrderStatus",
    "OrdersError",
    "OrdersWanted",
    "Origin",
    "Page",
    "Product",
    "Role",
    "Vocabulary",
    "Wanted",
]
