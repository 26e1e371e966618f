"""Components that the container assembles, and their health checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from orders_domain.errors import InvalidValue, Unavailable
from orders_domain.model.notification import Channel
from orders_domain.ports.accounts.password_hasher import PasswordHasher
from orders_domain.ports.accounts.personal_data import PersonalDataStore
from orders_domain.ports.accounts.rate_limiter import RateLimiter
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens, RevokedTokens
from orders_domain.ports.accounts.tokens import TokenIssuer
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.ports.alert_recipients import AlertRecipientRepository
from orders_domain.ports.analytics import AnalyticsReader
from orders_domain.ports.catalog_service import CatalogService
from orders_domain.ports.clock import Clock
from orders_domain.ports.consistency.checks import ConsistencyChecks
from orders_domain.ports.direct_placement import DirectPlacement
from orders_domain.ports.event_publisher import EventPublisher
from orders_domain.ports.events.event_feed import EventFeed
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup
from orders_domain.ports.inbox import InboxCleanup
from orders_domain.ports.jobs import JobRepository
from orders_domain.ports.life.stock_holds import StockHoldQueries
from orders_domain.ports.notification_queue import NotificationQueue
from orders_domain.ports.notifier import ContactLookup, NotificationRenderer, Notifier
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries
from orders_domain.ports.order_templates import OrderTemplateRepository
from orders_domain.ports.outbox import Outbox, OutboxState
from orders_domain.ports.product_catalog import ProductCatalog
from orders_domain.ports.shipment_service import ShipmentService
from orders_domain.ports.store_identity import StoreIdentity
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.ports.webhooks.deliveries import WebhookQueue
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository
from orders_flask.optional_dependencies import missing_extra
from orders_flask.settings import InvalidSetting

if TYPE_CHECKING:
    from orders_adapters.redis.database_identity import DatabaseIdentity
    from orders_adapters.redis.prefetch import Prefetch
    from orders_adapters.redis.write_lease import WriteLease

Check: TypeAlias = Callable[[], str | None]
"""A health check: returns None if the component is healthy, otherwise a line for operators that says what failed."""


def no_op() -> None:
    """Do nothing, because in-process components need no closing."""


def healthy() -> str | None:
    """Return None, because in-process components are always available."""
    return None


def check_health(ping: Callable[[], object]) -> str | None:
    """Call ``ping``; return the description of an Unavailable error, or None."""
    try:
        ping()
    except Unavailable as error:
        return describe(error)
    return None


def describe(error: Unavailable) -> str:
    """Return the error and its root cause in one line. The text may contain secrets."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    reason = next((line for line in lines if not line.endswith(":")), "") or type(cause).__name__
    return str(error) if cause is error else f"{str(error).rstrip('.')}: {reason}"


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """Schema migrations of a database."""

    upgrade: Callable[[str], None]
    downgrade: Callable[[str], None]
    current: Callable[[], str | None]  # the revision the database is at
    pending: Callable[[], Sequence[str]]  # the revisions that the database does not have
    drift: Callable[[], Sequence[str]]  # differences between migrations and code


@dataclass(frozen=True, kw_only=True)
class PersistenceComponent:
    """Repositories and queries of one store."""

    unit_of_work: Callable[[], UnitOfWork]
    queries: OrderQueries
    event_feed: EventFeed
    replica_queries: OrderQueries  # may read from a replica that lags behind
    analytics: AnalyticsReader  # may read from the replica, too
    product_catalog: ProductCatalog
    templates: OrderTemplateRepository
    outbox: Outbox
    stock_holds: StockHoldQueries
    jobs: JobRepository
    idempotency_keys: IdempotencyKeyCleanup
    inbox: InboxCleanup
    contact_lookup: ContactLookup
    notifications: NotificationQueue
    alert_recipients: AlertRecipientRepository
    webhooks: WebhookEndpointRepository
    webhook_queue: WebhookQueue
    users: UserRepository
    personal_data: PersonalDataStore
    revoked_tokens: AllRevokedTokens
    identity: StoreIdentity
    wait: Callable[[float], None]  # for new events in the outbox, with a timeout in seconds
    wait_for_jobs: Callable[[float], None]  # that this process added, with a timeout in seconds
    connections_in_use: Callable[[], int] = lambda: 0
    direct_placement: DirectPlacement | None = None  # None for a store that needs none
    consistency: ConsistencyChecks | None = None  # None for a store that ends with the process
    clock: Clock | None = None  # of a store that processes of several hosts share
    check: Check = healthy
    examine: Check = healthy  # for conditions that an operator can change, such as the rights of the role
    refusal: Check = healthy  # why the store cannot be used at all, such as its encoding
    migrations: Migrations | None = None  # None for a store without tables
    disconnect: Callable[[], None] = no_op  # closes the idle connections; new ones are opened when needed
    close: Callable[[], None] = no_op


@dataclass(frozen=True, kw_only=True)
class CacheComponent:
    cache: OrderCache
    prefetch: Prefetch | None = None  # lets the revoked tokens' cache add its read to the round trip
    lease: WriteLease | None = None  # shared, so that one probe a second is enough
    identity: DatabaseIdentity | None = None  # of the database whose data are in Redis
    circuit_open: Callable[[], bool] = lambda: False
    check: Check = healthy
    warning: Check = healthy  # advice on a risky configuration
    close: Callable[[], None] = no_op


@dataclass(frozen=True, kw_only=True)
class RemoteServices:
    """Clients of the external catalog and shipment services."""

    catalog_service: CatalogService | None
    shipment_service: ShipmentService
    checks: Mapping[str, Check] = field(default_factory=dict)  # of the external ones


@dataclass(frozen=True, kw_only=True)
class NotifierComponent:
    """The renderer of notifications, and the notifier of each channel that this process sends by."""

    render: NotificationRenderer
    notifiers: Mapping[Channel, Notifier]
    checks: Mapping[str, Check] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AuthComponent:
    """Sign-in and token revocation."""

    revoked_tokens: RevokedTokens
    rate_limiter: RateLimiter
    password_hasher: PasswordHasher
    token_issuer: TokenIssuer
    warning: Check = healthy  # advice on a risky configuration
    close: Callable[[], None] = no_op


@dataclass(frozen=True, kw_only=True)
class BrokerComponent:
    publisher: EventPublisher
    check: Check = healthy
    warning: Check = healthy  # advice on what only a person can mend
    unconsumed_queues: Callable[[], Sequence[str]] = tuple  # a sentence for each, beside that of the task queue
    close: Callable[[], None] = no_op


def check_broker(broker: BrokerComponent, outbox: Outbox) -> str | None:
    """Check the broker, and that no event is parked, because parked events wait for a person."""
    if failure := broker.check():
        return failure
    try:
        parked = outbox.select(states=frozenset({OutboxState.PARKED}), limit=1)
    except Unavailable:
        return None  # the check of the database reports it
    return "Events are parked; see: orders outbox list --state parked" if parked else None


@contextmanager
def as_setting_error(variable: str) -> Iterator[None]:
    """Raise InvalidSetting for errors while a component is built, because building does not connect."""
    try:
        yield
    except (ValueError, TypeError, InvalidValue) as error:
        raise InvalidSetting(f"{variable} cannot be used: {str(error).rstrip('.')}.") from error


@contextmanager
def require_extra(extra: str, *, wanted_by: str) -> Iterator[None]:
    """Raise InvalidSetting with an installation hint if the library of a configured technology is missing."""
    try:
        yield
    except ImportError as error:
        raise InvalidSetting(f"{wanted_by} is set, but {missing_extra(error, extra=extra)}") from error
