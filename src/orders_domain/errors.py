"""Every error a caller may expect: a kind (what can be done about it), a stable code, typed fields, a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from uuid import UUID


class Kind(Enum):
    """What the caller can do about an error."""

    INVALID = "invalid"  # mend the request
    UNAUTHENTICATED = "unauthenticated"  # say who you are
    FORBIDDEN = "forbidden"  # ask somebody with more rights
    NOT_FOUND = "not_found"  # ask for something else
    CONFLICT = "conflict"  # look at the present state, then decide again
    PRECONDITION = "precondition"  # the state you named is no longer the present one
    IN_PROGRESS = "in_progress"  # wait for your own request of before, then send this one again
    KEY_REUSED = "key_reused"  # take another key
    RATE_LIMITED = "too_often"  # wait, then try again
    UNAVAILABLE = "unavailable"  # try again later


class OrdersError(Exception):
    """The root of all anticipated errors."""

    kind: ClassVar[Kind]
    code: ClassVar[str]


class InvalidValue(OrdersError):
    """A value that cannot be: refused when it is made, before anything has changed."""

    kind = Kind.INVALID
    code = "refused"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidAmount(InvalidValue):
    """Not an amount of money: negative, not finite, too large, or finer than the currency."""

    code = "amount_refused"


class InvalidItem(InvalidValue):
    """Not a line of an order."""

    code = "item_refused"


class TotalMismatch(InvalidValue):
    """Every line has a quantity and a price, and the total is not their sum."""

    code = "total_mismatch"


class InvalidCart(InvalidValue):
    """Not a cart's snapshot as its service signs it (clause 004-05); ``field`` is the path within it."""

    code = "cart_refused"


class InvalidToken(OrdersError):
    """The bearer cannot be identified. The reason is for our log; a client is told only that the token is invalid."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_token"


class InvalidCredentials(OrdersError):
    """No account has this e-mail address and password, or it is disabled; nobody is told which (clause 003-09)."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("Invalid credentials")


class SignInDisabled(OrdersError):
    """An identity provider signs the tokens that we believe; we make none."""

    kind = Kind.NOT_FOUND
    code = "sign_in_elsewhere"

    def __init__(self) -> None:
        super().__init__("Tokens come from the identity provider.")


class TooManyAttempts(OrdersError):
    """Somebody tried too often."""

    kind = Kind.RATE_LIMITED
    code = "too_many_attempts"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many attempts; please try again later.")
        self.retry_after = retry_after  # seconds


class AccessDenied(OrdersError):
    """The actor is known and may not do this."""

    kind = Kind.FORBIDDEN
    code = "access_denied"


class OrderNotFound(OrdersError):
    """No such order; or not the actor's, where the contract does not tell strangers what exists."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"

    def __init__(self, order_id: UUID | int | str) -> None:
        super().__init__("There is no such order.")
        self.order_id = order_id


class OrderHidden(OrderNotFound):
    """Not the actor's order, where the contract does not tell strangers what exists: a violation, told as absence."""

    code = "order_hidden"


class OrderExists(OrdersError):
    """An order of this id is stored already."""

    kind = Kind.CONFLICT
    code = "order_exists"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} exists already.")
        self.order_id = order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A product that there is too little of; of an unknown one there is nothing, and it has no name."""

    product_id: int
    name: str | None
    requested: int
    available: int


class InsufficientStock(OrdersError):
    """There is too little of some products; nothing was taken. Every product short is named (clause 002-03)."""

    kind = Kind.CONFLICT
    code = "insufficient_stock"

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        super().__init__("Some products have insufficient stock")
        self.shortages = shortages


class ProductNotFound(OrdersError):
    """No such product."""

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
    """No such user, or one without an account."""

    kind = Kind.NOT_FOUND
    code = "user_not_found"

    def __init__(self, user: str) -> None:
        super().__init__(f"There is no account {user!r}.")
        self.user = user


class UserExists(OrdersError):
    """The user has an account already."""

    kind = Kind.CONFLICT
    code = "user_exists"

    def __init__(self, user_id: str) -> None:
        super().__init__(f"The user {user_id!r} has an account already.")
        self.user_id = user_id


class EmailTaken(OrdersError):
    """Another account has this e-mail address."""

    kind = Kind.CONFLICT
    code = "email_taken"

    def __init__(self, email: str) -> None:
        super().__init__(f"Another account has the e-mail address {email!r}.")
        self.email = email


class TemplateNotFound(OrdersError):
    """No such template, or not the actor's."""

    kind = Kind.NOT_FOUND
    code = "template_not_found"

    def __init__(self, template_id: int | str) -> None:
        super().__init__("There is no such template.")
        self.template_id = template_id


class JobNotFound(OrdersError):
    """No such job, or not the actor's."""

    kind = Kind.NOT_FOUND
    code = "job_not_found"

    def __init__(self, job_id: UUID | str) -> None:
        super().__init__("There is no such job.")
        self.job_id = job_id


class JobLeaseLost(OrdersError):
    """Another worker has claimed the job meanwhile; nothing was noted."""

    kind = Kind.CONFLICT
    code = "job_lost"

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"Job {job_id} has been claimed by another worker meanwhile.")
        self.job_id = job_id


class StaleOrder(OrdersError):
    """Somebody else changed the order meanwhile; nothing was saved."""

    kind = Kind.CONFLICT
    code = "stale_order"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} has been changed by somebody else meanwhile.")
        self.order_id = order_id


class VersionMismatch(OrdersError):
    """The caller named a version of the order, and it is not the present one."""

    kind = Kind.PRECONDITION
    code = "version_mismatch"

    def __init__(self, *, expected: frozenset[int], current: int) -> None:
        super().__init__(f"The order is at version {current}.")
        self.expected = expected
        self.current = current


class RequestInProgress(OrdersError):
    """Another request under the same key has not ended yet; nothing was done now."""

    kind = Kind.IN_PROGRESS
    code = "key_in_use"
    retry_after: ClassVar[int] = 1  # seconds

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is being answered.")


class IdempotencyKeyReused(OrdersError):
    """Another request was done under the same key; nothing was done now."""

    kind = Kind.KEY_REUSED
    code = "key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request.")


class Unavailable(OrdersError):
    """A part we depend on cannot answer now. Nothing was changed, or it is unknown whether it was: see the subclass."""

    kind = Kind.UNAVAILABLE
    code = "unavailable"
    retry_after: ClassVar[int] = 2  # seconds


class StoreUnavailable(Unavailable):
    """The store of orders is away or too slow."""

    code = "store_unavailable"


class StoreContention(Unavailable):
    """The store gave up this transaction in favour of another one; running it again is safe."""

    code = "store_contention"


class PublisherUnavailable(Unavailable):
    """The broker is away; which of the messages it took is unknown."""

    code = "publisher_unavailable"


class PasswordHasherBusy(Unavailable):
    """Too many passwords are being checked; this one was not."""

    code = "sign_in_busy"


class IdentityUnavailable(Unavailable):
    """The keys that tokens are checked with cannot be fetched."""

    code = "identity_unavailable"


class BrokerUnavailable(Unavailable):
    """The broker gives no messages now; what was taken and not acknowledged comes again."""

    code = "broker_unavailable"


class PrerequisiteMissing(Unavailable):
    """What a message tells of is not there; it may be before long. The sentence is the reason if it never is."""

    code = "not_yet"


class NotifierUnavailable(Unavailable):
    """No message can be sent to people now; whether the last one was is unknown."""

    code = "notifier_unavailable"


class NotificationRejected(OrdersError):
    """This message to a person will never be taken, such as for its address."""

    kind = Kind.INVALID
    code = "letter_refused"


class ReservationLost(Unavailable):
    """Other services were asked for too long, and what they hold is being given up: the order is not placed."""

    code = "booking_lost"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"What other services hold for order {order_id} is being given up.")
        self.order_id = order_id


class ServiceError(Unavailable):
    """Another service did not do what it was asked, or did it and we do not know: see the subclasses."""

    code = "service_failed"

    def __init__(self, service: str, how: str) -> None:
        super().__init__(f"The {service} {how}.")
        self.service = service


class ServiceUnreachable(ServiceError):
    """Nobody listens at its address, or the connection broke before there was an answer."""

    code = "service_unreachable"


class ServiceTimeout(ServiceError):
    """Its answer was not there in time."""

    code = "service_too_slow"


class ServiceInternalError(ServiceError):
    """It says itself that it failed."""

    code = "service_broken"


class InvalidServiceResponse(ServiceError):
    """Its answer is not what was agreed: another status, no JSON, another shape, too large."""

    code = "service_nonsense"


class ServiceRejected(ServiceError):
    """It understood, and will not: it has done nothing, and asking again does not help."""

    code = "service_refused"
