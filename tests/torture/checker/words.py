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
        "shop": "pending confirmed paid shipped delivered canceled",
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
    "lines_canceled": "orders.lines_canceled.v1",
    "payment_recorded": "orders.payment_recorded.v1",
    "refund_requested": "orders.refund_requested.v1",
    "refund_settled": "orders.refund_settled.v1",
    "expired": "orders.order_expired.v1",
    "shipment_created": "orders.shipment_created.v1",
    "shipment_changed": "orders.shipment_changed.v1",
    "return_authorized": "orders.return_authorized.v1",
    "return_received": "orders.return_received.v1",
    "return_refused": "orders.return_refused.v1",
    "held": "orders.order_held.v1",
    "released": "orders.order_released.v1",
}
NOTIFICATION = "orders.user_notification.v1"
STOCK_LOW = "orders.stock_low.v1"
