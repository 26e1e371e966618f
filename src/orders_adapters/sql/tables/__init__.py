"""Tables with their constraints and indexes, by area. ``migrations`` brings a database to this schema."""

from orders_adapters.sql.tables.jobs import UNFINISHED, job_chunks, jobs
from orders_adapters.sql.tables.messages import (
    FINISHED_NOTIFICATIONS,
    NOTIFIES,
    OPEN,
    PARKED,
    PUBLISHED,
    SENT,
    UNSENT,
    WAITING,
    WAITING_NOTIFICATIONS,
    alert_recipients,
    idempotency_keys,
    inbox,
    notifications,
    outbox,
)
from orders_adapters.sql.tables.metadata import metadata
from orders_adapters.sql.tables.order_life import (
    order_lines,
    order_returns,
    order_tags,
    order_words,
    payment_facts,
    payment_sums,
    shipment_events,
    shipments,
)
from orders_adapters.sql.tables.orders import ENTRY_COLUMNS, SHIPPING, order_history, order_templates, orders
from orders_adapters.sql.tables.products import order_items, product_history, products, stock_movements
from orders_adapters.sql.tables.reservations import UNCONFIRMED, reservations
from orders_adapters.sql.tables.stock_holds import stock_hold_lines, stock_holds
from orders_adapters.sql.tables.store_identity import store_identity
from orders_adapters.sql.tables.triggers import TRIGGERS
from orders_adapters.sql.tables.users import revoked_tokens, users
from orders_adapters.sql.tables.webhooks import (
    WAITING_DELIVERIES,
    webhook_deliveries,
    webhook_endpoints,
    webhook_messages,
    webhook_positions,
)

__all__ = [
    "ENTRY_COLUMNS",
    "FINISHED_NOTIFICATIONS",
    "NOTIFIES",
    "OPEN",
    "PARKED",
    "PUBLISHED",
    "SENT",
    "SHIPPING",
    "TRIGGERS",
    "UNCONFIRMED",
    "UNFINISHED",
    "UNSENT",
    "WAITING",
    "WAITING_DELIVERIES",
    "WAITING_NOTIFICATIONS",
    "alert_recipients",
    "idempotency_keys",
    "inbox",
    "job_chunks",
    "jobs",
    "metadata",
    "notifications",
    "order_history",
    "order_items",
    "order_lines",
    "order_returns",
    "order_tags",
    "order_templates",
    "order_words",
    "orders",
    "outbox",
    "payment_facts",
    "payment_sums",
    "product_history",
    "products",
    "reservations",
    "revoked_tokens",
    "shipment_events",
    "shipments",
    "stock_hold_lines",
    "stock_holds",
    "stock_movements",
    "store_identity",
    "users",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_messages",
    "webhook_positions",
]
