"""What can be done for people: one function a file, a frozen request, then ports by keyword."""

from orders_domain.use_cases.change_status import ChangeStatus, change_status
from orders_domain.use_cases.delete_order import DeleteOrder, delete_order
from orders_domain.use_cases.get_order import GetOrder, get_order
from orders_domain.use_cases.keep_products import (
    AddProduct,
    ChangeProduct,
    Restock,
    add_product,
    change_product,
    restock,
)
from orders_domain.use_cases.list_orders import ListOrders, list_orders
from orders_domain.use_cases.order_products import OrderProducts, order_products
from orders_domain.use_cases.place_order import PlaceOrder, place_order
from orders_domain.use_cases.relay_events import Relayed, relay_events

__all__ = [
    "AddProduct",
    "ChangeProduct",
    "ChangeStatus",
    "DeleteOrder",
    "GetOrder",
    "ListOrders",
    "OrderProducts",
    "PlaceOrder",
    "Relayed",
    "Restock",
    "add_product",
    "change_product",
    "change_status",
    "delete_order",
    "get_order",
    "list_orders",
    "order_products",
    "place_order",
    "relay_events",
    "restock",
]
