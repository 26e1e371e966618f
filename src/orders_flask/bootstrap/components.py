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
from orders_flask.optional_dependencies import not_installed
from orders_flask.settings import InvalidSetting

Check: TypeAlias = Callable[[], str | None]
"""How a part is now: None when it is well, else what is wrong with it in a line, for whoever runs the service."""


def nothing() -> None:
    """What is in this process needs no closing."""


def fine() -> str | None:
    """What is in this process is never away."""
    return None


def well(ping: Callable[[], object]) -> str | None:
    """Ask a part that raises Unavailable where it is not."""
    try:
        ping()
    except Unavailable as error:
        return with_reason(error)
    return None


def with_reason(error: Unavailable) -> str:
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
class Store:
    """A store of orders."""

    unit_of_work: Callable[[], UnitOfWork]
    queries: OrderQueries
    reads: OrderQueries  # the same, perhaps from a replica that is a little behind
    analytics: AnalyticsReader  # perhaps from the replica, too
    catalogue: ProductCatalog
    templates: OrderTemplateRepository
    outbox: Outbox
    jobs: JobRepository
    keys: IdempotencyKeyCleanup
    inbox: InboxCleanup
    addresses: EmailLookup
    users: UserRepository
    denied: AllRevokedTokens
    wait: Callable[[float], None]  # for news in the outbox, so many seconds at most
    wait_for_jobs: Callable[[float], None]  # that this process was given
    connections_in_use: Callable[[], int] = lambda: 0
    check: Check = fine
    migrations: Migrations | None = None  # where there are tables
    close: Callable[[], None] = nothing


@dataclass(frozen=True, kw_only=True)
class CachePart:
    cache: OrderCache
    ahead: Any = None  # what lets an earlier question be asked along with that
    circuit_open: Callable[[], bool] = lambda: False
    check: Check = fine
    advice: Check = fine  # what is not wrong now, and may be one day
    close: Callable[[], None] = nothing


@dataclass(frozen=True, kw_only=True)
class Services:
    """Who has an order's products, where not we, and who ships them."""

    reservations: CatalogService | None
    shipments: ShipmentService
    checks: Mapping[str, Check] = field(default_factory=dict)  # of those that are not we


@dataclass(frozen=True, kw_only=True)
class NotifierPart:
    notify: Notifier
    checks: Mapping[str, Check] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Who may enter, and who may not any more."""

    denylist: RevokedTokens
    attempts: RateLimiter
    passwords: PasswordHasher
    issue: TokenIssuer
    close: Callable[[], None] = nothing


@dataclass(frozen=True, kw_only=True)
class BrokerPart:
    publisher: EventPublisher
    check: Check = fine
    close: Callable[[], None] = nothing


@contextmanager
def blamed_on(variable: str) -> Iterator[None]:
    """Nothing is connected while parts are made, so what fails there is the setting."""
    try:
        yield
    except (ValueError, TypeError, InvalidValue) as error:
        raise InvalidSetting(f"{variable} cannot be used: {str(error).rstrip('.')}.") from error


@contextmanager
def installed(extra: str, *, wanted_by: str) -> Iterator[None]:
    """A technology's library is imported only where a setting wants it, so it may not be there."""
    try:
        yield
    except ImportError as error:
        raise InvalidSetting(f"{wanted_by} is set, and {not_installed(error, extra=extra)}") from error
