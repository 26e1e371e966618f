"""Status names and transitions of the contracts: tables of CONTRACTS.md, independent of the code."""

from collections.abc import Mapping

STATUSES = ("PENDING", "CONFIRMED", "PAID", "SHIPPED", "DELIVERED", "CANCELED")
WORDS: Mapping[str, Mapping[str, str]] = {
    contract: dict(zip(STATUSES, words.split(), strict=True))
    for contract, words in {
        "orders": "PENDING PENDING PAID SHIPPED SHIPPED CANCELED",
        "management": "pending confirmed confirmed shipped delivered cancelled",
        "ostore": "pending confirmed confirmed shipped delivered cancelled",
        "checkout": "pending confirmed paid shipped delivered canceled",
    }.items()
}
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "PENDING": frozenset({"CONFIRMED", "PAID", "SHIPPED", "CANCELED"}),
    "CONFIRMED": frozenset({"PAID", "SHIPPED", "CANCELED"}),
    "PAID": frozenset({"SHIPPED", "CANCELED"}),
    "SHIPPED": frozenset({"DELIVERED"}),
    "DELIVERED": frozenset(),
    "CANCELED": frozenset(),
}
EVENT_TYPES: Mapping[str, str] = {
    "placed": "orders.order_placed.v1",
    "status_changed": "orders.order_status_changed.v1",
    "canceled": "orders.order_canceled.v1",
    "deleted": "orders.order_deleted.v1",
    "shipment_changed": "orders.shipment_changed.v1",
}
NOTIFICATION = "orders.user_notification.v1"
STOCK_LOW = "orders.stock_low.v1"
