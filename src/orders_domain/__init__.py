"""The business of orders: the entity, its lifecycle, the ports it needs and what can be done for people.

Nothing here imports anything but the standard library.
"""

from orders_domain.access import Access
from orders_domain.actor import Actor, Role
from orders_domain.address import Address
from orders_domain.errors import Kind, OrdersError
from orders_domain.events import Event
from orders_domain.item import Item
from orders_domain.money import Money
from orders_domain.once import Once
from orders_domain.order import Order
from orders_domain.order_ref import OrderRef
from orders_domain.product import Demand, NewProduct, Product
from orders_domain.queries import OrdersWanted, Page
from orders_domain.status import LIFECYCLE, OrderStatus, Vocabulary, Wanted

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
    "Page",
    "Product",
    "Role",
    "Vocabulary",
    "Wanted",
]
