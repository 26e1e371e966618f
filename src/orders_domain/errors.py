"""Error hierarchy of the domain: each error has a kind, a stable code, typed fields and a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from uuid import UUID


class Kind(Enum):
    """What the caller can do about an error."""

    INVALID = "invalid"  # correct the request
    UNAUTHENTICATED = "unauthenticated"  # send valid credentials
    FORBIDDEN = "forbidden"  # use an account with more rights
    NOT_FOUND = "not_found"  # use another id
    CONFLICT = "conflict"  # read the current state before retrying
    PRECONDITION = "precondition"  # the expected version is not the current one
    IN_PROGRESS = "in_progress"  # wait for the earlier request with this key, then retry
    KEY_REUSED = "key_reused"  # use another key
    RATE_LIMITED = "too_often"  # wait, then retry
    UNAVAILABLE = "unavailable"  # retry later


class OrdersError(Exception):
    """Base class of all anticipated errors."""

    kind: ClassVar[Kind]
    code: ClassVar[str]


class InvalidValue(OrdersError):
    """An invalid value, rejected when it is constructed and before any state has changed."""

    kind = Kind.INVALID
    code = "refused"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidAmount(InvalidValue):
    """An invalid amount of money: negative, not finite, too large, or with more decimals than the currency has."""

    code = "amount_refused"


class InvalidItem(InvalidValue):
    """An invalid custom item of an order."""

    code = "item_refused"


class TotalMismatch(InvalidValue):
    """The total differs from the sum of the items, each of which has a quantity and a price."""

    code = "total_mismatch"


class InvalidCart(InvalidValue):
    """An invalid cart snapshot or signature (clause 004-05); ``field`` is the path within the snapshot."""

    code = "cart_refused"


class InvalidToken(OrdersError):
    """The token cannot be verified. The message is for the log; the response says only that the token is invalid."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_token"


class InvalidCredentials(OrdersError):
    """Unknown e-mail address, wrong password or disabled account; the message does not say which (clause 003-09)."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class SignInDisabled(OrdersError):
    """Sign-in is disabled because an external identity provider issues the tokens."""

    kind = Kind.NOT_FOUND
    code = "sign_in_elsewhere"

    def __init__(self) -> None:
        super().__init__("Sign-in is disabled. Request a token from the identity provider.")


class TooManyAttempts(OrdersError):
    """The rate limit is exceeded."""

    kind = Kind.RATE_LIMITED
    code = "too_many_attempts"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many attempts; please try again later.")
        self.retry_after = retry_after  # seconds


class TooManyRequests(OrdersError):
    """The subject or the address has exceeded the general limit of requests."""

    kind = Kind.RATE_LIMITED
    code = "too_many_requests"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many requests; please try again later.")
        self.retry_after = retry_after  # seconds


class AccessDenied(OrdersError):
    """The actor is authenticated but not permitted to perform the action."""

    kind = Kind.FORBIDDEN
    code = "access_denied"


class OrderNotFound(OrdersError):
    """The order does not exist, or it belongs to another user and the contract hides its existence."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"

    def __init__(self, order_id: UUID | int | str) -> None:
        super().__init__("There is no such order.")
        self.order_id = order_id


class OrderHidden(OrderNotFound):
    """The order belongs to another user and the contract hides its existence: denied access, reported as absence."""

    code = "order_hidden"


class OrderExists(OrdersError):
    """An order with this id is already stored."""

    kind = Kind.CONFLICT
    code = "order_exists"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} already exists.")
        self.order_id = order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A product with insufficient stock. An unknown product has no name, and its available quantity is 0."""

    product_id: int
    name: str | None
    requested: int
    available: int


class InsufficientStock(OrdersError):
    """Some products have insufficient stock. No stock was deducted; ``shortages`` has all of them (clause 002-03)."""

    kind = Kind.CONFLICT
    code = "insufficient_stock"

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        super().__init__("Some products have insufficient stock")
        self.shortages = shortages


class ProductNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "product_not_found"

    def __init__(self, product_id: int | str) -> None:
        super().__init__("There is no such product.")
        self.product_id = product_id


class SkuTaken(OrdersError):
    """Another product has this sku."""

    kind = Kind.CONFLICT
    code = "sku_taken"

    def __init__(self, sku: str) -> None:
        super().__init__(f"Another product has the sku {sku!r}.")
        self.sku = sku


class UserNotFound(OrdersError):
    """The user does not exist, or has no account."""

    kind = Kind.NOT_FOUND
    code = "user_not_found"

    def __init__(self, user: str) -> None:
        super().__init__(f"There is no account {user!r}.")
        self.user = user


class UserExists(OrdersError):
    """The user already has an account."""

    kind = Kind.CONFLICT
    code = "user_exists"

    def __init__(self, user_id: str) -> None:
        super().__init__(f"The user {user_id!r} already has an account.")
        self.user_id = user_id


class EmailTaken(OrdersError):
    """Another account has this e-mail address."""

    kind = Kind.CONFLICT
    code = "email_taken"

    def __init__(self, email: str) -> None:
        super().__init__(f"Another account has the e-mail address {email!r}.")
        self.email = email


class TemplateNotFound(OrdersError):
    """The template does not exist, or it belongs to another user."""

    kind = Kind.NOT_FOUND
    code = "template_not_found"

    def __init__(self, template_id: int | str) -> None:
        super().__init__("There is no such template.")
        self.template_id = template_id


class JobNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "job_not_found"

    def __init__(self, job_id: UUID | str) -> None:
        super().__init__("There is no such job.")
        self.job_id = job_id


class JobLeaseLost(OrdersError):
    """The lease expired and another worker acquired the job; no progress was stored."""

    kind = Kind.CONFLICT
    code = "job_lost"

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"The lease of job {job_id} expired, and another worker acquired it.")
        self.job_id = job_id


class StaleOrder(OrdersError):
    """A concurrent transaction changed the order; nothing was stored."""

    kind = Kind.CONFLICT
    code = "stale_order"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} was changed by a concurrent request. Read it again before retrying.")
        self.order_id = order_id


class VersionMismatch(OrdersError):
    """The current version of the order or product is none of the expected versions."""

    kind = Kind.PRECONDITION
    code = "version_mismatch"

    def __init__(self, *, expected: frozenset[int], current: int, what: str = "order") -> None:
        super().__init__(f"The {what} is at version {current}, which is not an expected version.")
        self.expected = expected
        self.current = current


class RequestInProgress(OrdersError):
    """Another request with the same idempotency key is still in progress; this request was not processed."""

    kind = Kind.IN_PROGRESS
    code = "key_in_use"
    retry_after: ClassVar[int] = 1  # seconds

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still in progress.")


class IdempotencyKeyReused(OrdersError):
    """A different request was processed with the same idempotency key; this request was not processed."""

    kind = Kind.KEY_REUSED
    code = "key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request.")


class Unavailable(OrdersError):
    """A dependency is unavailable. The subclass says whether state may have changed."""

    kind = Kind.UNAVAILABLE
    code = "unavailable"
    retry_after: ClassVar[int] = 2  # seconds


class StoreUnavailable(Unavailable):
    """The database is unavailable or too slow."""

    code = "store_unavailable"


class StoreContention(Unavailable):
    """The database rolled back this transaction because of a concurrent one; retrying is safe."""

    code = "store_contention"


class PublisherUnavailable(Unavailable):
    """The broker is unavailable; any of the messages may have been published."""

    code = "publisher_unavailable"


class PasswordHasherBusy(Unavailable):
    """Too many passwords are being hashed; this password was not verified."""

    code = "sign_in_busy"


class IdentityUnavailable(Unavailable):
    """The keys that verify tokens cannot be fetched."""

    code = "identity_unavailable"


class BrokerUnavailable(Unavailable):
    """No messages can be consumed now; the broker redelivers unacknowledged messages."""

    code = "broker_unavailable"


class PrerequisiteMissing(Unavailable):
    """The message refers to an entity that is not stored yet, so it is retried.

    If the entity never appears, this error's message becomes the dead-letter reason.
    """

    code = "not_yet"


class NotifierUnavailable(Unavailable):
    """Notifications cannot be sent now; the last one may have been sent."""

    code = "notifier_unavailable"


class NotificationRejected(OrdersError):
    """The notification is permanently rejected, such as for an invalid address."""

    kind = Kind.INVALID
    code = "letter_refused"


class ReservationLost(Unavailable):
    """The reservation expired before the order was stored, and is being released; the order is not placed."""

    code = "booking_lost"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"The reservation of order {order_id} expired and is being released.")
        self.order_id = order_id


class ServiceError(Unavailable):
    """A partner service failed. The request may have had an effect, unless the subclass says otherwise."""

    code = "service_failed"

    def __init__(self, service: str, problem: str) -> None:
        super().__init__(f"The {service} {problem}.")
        self.service = service


class ServiceUnreachable(ServiceError):
    """The connection was refused, or was lost before a response."""

    code = "service_unreachable"


class ServiceTimeout(ServiceError):
    """The service did not respond in time."""

    code = "service_too_slow"


class ServiceInternalError(ServiceError):
    """The service responded with an internal error."""

    code = "service_broken"


class InvalidServiceResponse(ServiceError):
    """The response violates the protocol: unexpected status, not JSON, wrong shape, or too large."""

    code = "service_nonsense"


class ServiceRejected(ServiceError):
    """The service rejected the request. The request had no effect, and retrying does not help."""

    code = "service_refused"
