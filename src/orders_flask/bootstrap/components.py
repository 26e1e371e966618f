"""What the container is given of each part, and how a part says that it is well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from orders_domain.errors import InvalidValue, Unavailable
from orders_domain.ports.analytics import AnalyticsReader
from orders_domain.ports.catalog_service import CatalogService
from orders_domain.ports.event_publisher import EventPublisher
from orders_domain.ports.idempotency_keys import IdempotencyKeyCleanup
from orders_domain.ports.inbox import InboxCleanup
from orders_domain.ports.jobs import JobRepository
from orders_domain.ports.notifier import EmailLookup, Notifier
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.order_queries import OrderQueries
from orders_domain.ports.order_templates import OrderTemplateRepository
from orders_domain.ports.outbox import Outbox
from orders_domain.ports.password_hasher import PasswordHasher
from orders_domain.ports.product_catalog import ProductCatalog
from orders_domain.ports.rate_limiter import RateLimiter
from orders_domain.ports.revoked_tokens import AllRevokedTokens, RevokedTokens
from orders_domain.ports.shipment_service import ShipmentService
from orders_domain.ports.tokens import TokenIssuer
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.ports.users import UserRepository
from orders_flask.optional_dependencies import missing_extra
from orders_flask.settings import InvalidSetting

Check: TypeAlias = Callable[[], str | None]
"""How a part is now: None when it is well, else what is wrong with it in a line, for whoever runs the service."""


def no_op() -> None:
    """What is in this process needs no closing."""


def healthy() -> str | None:
    """What is in this process is never away."""
    return None


def check_health(ping: Callable[[], object]) -> str | None:
    """Ask a part that raises Unavailable where it is not."""
    try:
        ping()
    except Unavailable as error:
        return describe(error)
    return None


def describe(error: Unavailable) -> str:
    """Return what is away, and in one line why: what the first cause says. It may have secrets in it."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    reason = next(iter(str(cause).splitlines()), "") or type(cause).__name__
    return str(error) if cause is error else f"{str(error).rstrip('.')}: {reason}"


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """What brings a database to the tables of this release."""

    upgrade: Callable[[str], None]
    downgrade: Callable[[str], None]
    current: Callable[[], str | None]  # the revision the database is at
    drift: Callable[[], Sequence[str]]  # what the migrations and the code disagree on


@dataclass(frozen=True, kw_only=True)
class PersistenceComponent:
    """A store of orders."""

    unit_of_work: Callable[[], UnitOfWork]
    queries: OrderQueries
    replica_queries: OrderQueries  # the same, perhaps from a replica that is a little behind
    analytics: AnalyticsReader  # perhaps from the replica, too
    product_catalog: ProductCatalog
    templates: OrderTemplateRepository
    outbox: Outbox
    jobs: JobRepository
    idempotency_keys: IdempotencyKeyCleanup
    inbox: InboxCleanup
    email_lookup: EmailLookup
    users: UserRepository
    revoked_tokens: AllRevokedTokens
    wait: Callable[[float], None]  # for news in the outbox, so many seconds at most
    wait_for_jobs: Callable[[float], None]  # that this process was given
    connections_in_use: Callable[[], int] = lambda: 0
    check: Check = healthy
    migrations: Migrations | None = None  # where there are tables
    close: Callable[[], None] = no_op


@dataclass(frozen=True, kw_only=True)
class CacheComponent:
    cache: OrderCache
    prefetch_slot: Any = None  # what lets an earlier question be asked along with that
    circuit_open: Callable[[], bool] = lambda: False
    check: Check = healthy
    warning: Check = healthy  # what is not wrong now, and may be one day
    close: Callable[[], None] = no_op


@dataclass(frozen=True, kw_only=True)
class RemoteServices:
    """Who has an order's products, where not we, and who ships them."""

    catalog_service: CatalogService | None
    shipment_service: ShipmentService
    checks: Mapping[str, Check] = field(default_factory=dict)  # of those that are not we


@dataclass(frozen=True, kw_only=True)
class NotifierComponent:
    notify: Notifier
    checks: Mapping[str, Check] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AuthComponent:
    """Who may enter, and who may not any more."""

    revoked_tokens: RevokedTokens
    rate_limiter: RateLimiter
    password_hasher: PasswordHasher
    token_issuer: TokenIssuer
    close: Callable[[], None] = no_op


@dataclass(frozen=True, kw_only=True)
class BrokerComponent:
    publisher: EventPublisher
    check: Check = healthy
    close: Callable[[], None] = no_op


@contextmanager
def as_setting_error(variable: str) -> Iterator[None]:
    """Nothing is connected while parts are made, so what fails there is the setting."""
    try:
        yield
    except (ValueError, TypeError, InvalidValue) as error:
        raise InvalidSetting(f"{variable} cannot be used: {str(error).rstrip('.')}.") from error


@contextmanager
def require_extra(extra: str, *, wanted_by: str) -> Iterator[None]:
    """A technology's library is imported only where a setting wants it, so it may not be there."""
    try:
        yield
    except ImportError as error:
        raise InvalidSetting(f"{wanted_by} is set, and {missing_extra(error, extra=extra)}") from error
