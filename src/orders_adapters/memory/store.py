"""In-memory store: the committed data that the in-memory adapters share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.model.accounts.user import User
from orders_domain.model.history import HistoryEntry
from orders_domain.model.jobs import FilePart, Job
from orders_domain.model.life.stock_hold import StockHold
from orders_domain.model.notification import Alert, AlertRecipient
from orders_domain.model.order import Order
from orders_domain.model.order_template import OrderTemplate
from orders_domain.model.product import Product, ProductId
from orders_domain.model.product_audit import MovementKind, ProductChange
from orders_domain.model.reservation import Reservation
from orders_domain.model.webhooks.delivery import WebhookDelivery
from orders_domain.model.webhooks.endpoint import WebhookEndpoint
from orders_domain.ports.notification_queue import QueuedNotification
from orders_domain.ports.outbox import OutboxMessage
from orders_domain.ports.webhooks.deliveries import QueuePosition


def _no_op() -> None:
    """Notify nothing."""


@dataclass(frozen=True, slots=True)
class StockMovement:
    """An entry of the stock ledger."""

    product_id: ProductId
    movement: MovementKind
    quantity: int  # negative for a deduction
    order_id: UUID | None
    by: str
    at: datetime
    hold_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StoredKey:
    """The order that was placed under a key."""

    fingerprint: str
    order_id: UUID
    at: datetime
    version: int = 1  # of the order, after the request


@dataclass
class InMemoryStore:
    """A unit of work holds ``write_lock``, a relay ``relay_lock``. ``read_lock`` is held for single operations only."""

    on_commit: Callable[[], None] = _no_op
    on_job: Callable[[], None] = _no_op
    orders: dict[UUID, Order] = field(default_factory=dict)
    ids: dict[int, UUID] = field(default_factory=dict)  # by number
    carts: dict[str, UUID | None] = field(default_factory=dict)  # orders by snapshot id; None after a release
    histories: dict[UUID, list[HistoryEntry]] = field(default_factory=dict)
    entries: list[HistoryEntry] = field(default_factory=list)  # of all histories, in the order of the commits
    outbox: dict[UUID, OutboxMessage] = field(default_factory=dict)  # by event id, in the order of the commits
    notifying: list[UUID] = field(default_factory=list)  # the events whose notifications are not queued yet
    notifications: dict[UUID, QueuedNotification] = field(default_factory=dict)
    alert_recipients: dict[tuple[Alert, str], AlertRecipient] = field(default_factory=dict)
    webhooks: dict[UUID, WebhookEndpoint] = field(default_factory=dict)
    webhook_deliveries: dict[int, WebhookDelivery] = field(default_factory=dict)
    webhook_position: QueuePosition | None = None
    products: dict[ProductId, Product] = field(default_factory=dict)
    templates: dict[int, OrderTemplate] = field(default_factory=dict)
    reservations: dict[UUID, Reservation] = field(default_factory=dict)
    reservation_keys: dict[UUID, tuple[str, str, str]] = field(default_factory=dict)  # of pending reservations
    stock_holds: dict[UUID, StockHold] = field(default_factory=dict)  # those that have not ended
    stock_hold_keys: dict[tuple[str, str, str], tuple[str, StockHold]] = field(default_factory=dict)
    external_products: dict[ProductId, Product] = field(default_factory=dict)  # of an external catalog
    jobs: dict[UUID, Job] = field(default_factory=dict)
    job_files: dict[tuple[UUID, FilePart], bytes] = field(default_factory=dict)
    movements: list[StockMovement] = field(default_factory=list)
    product_changes: list[ProductChange] = field(default_factory=list)
    idempotency_keys: dict[tuple[str, str, str], StoredKey] = field(default_factory=dict)  # by subject, scope and key
    inbox: dict[tuple[str, str], datetime] = field(default_factory=dict)  # by scope and message
    users: dict[str, User] = field(default_factory=dict)  # accounts by id
    revoked_tokens: dict[str, Revocation] = field(default_factory=dict)  # by key
    product_ids: count[int] = field(default_factory=lambda: count(1))
    webhook_delivery_ids: count[int] = field(default_factory=lambda: count(1))
    template_ids: count[int] = field(default_factory=lambda: count(1))
    numbers: count[int] = field(default_factory=lambda: count(1))
    identity: str = field(default_factory=lambda: uuid4().hex)
    write_lock: threading.Lock = field(default_factory=threading.Lock)
    read_lock: threading.Lock = field(default_factory=threading.Lock)
    relay_lock: threading.Lock = field(default_factory=threading.Lock)
