"""What can be done for people: one function a file, a frozen request, then ports by keyword."""

from orders_domain.use_cases.change_status import ChangeStatus, change_status
from orders_domain.use_cases.get_order import GetOrder, get_order
from orders_domain.use_cases.list_orders import ListOrders, list_orders
from orders_domain.use_cases.place_order import PlaceOrder, place_order
from orders_domain.use_cases.relay_events import Relayed, relay_events

__all__ = [
    "ChangeStatus",
    "GetOrder",
    "ListOrders",
    "PlaceOrder",
    "Relayed",
    "change_status",
    "get_order",
    "list_orders",
    "place_order",
    "relay_events",
]
