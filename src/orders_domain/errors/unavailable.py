"""Errors about components of the service that are unavailable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from orders_domain.errors.base import Kind, OrdersError

if TYPE_CHECKING:
    from uuid import UUID


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

    code = "password_hasher_busy"


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

    code = "prerequisite_missing"
    backs_off: ClassVar[bool] = False  # whether the delay doubles with each retry


class ReservationLost(Unavailable):
    """The reservation expired before the order was stored, and is being released; the order is not placed."""

    code = "reservation_lost"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"The reservation of order {order_id} expired and is being released.")
        self.order_id = order_id
