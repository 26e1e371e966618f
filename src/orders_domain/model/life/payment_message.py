"""Payment fact as a payment provider's message has it: of an order that the message names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model.life.payments import PaymentKind
from orders_domain.model.life.shipments import MAX_EVENT_ID_LENGTH
from orders_domain.model.life.subject import Subject
from orders_domain.model.order_ref import OrderRef
from orders_domain.model.values.json_values import bounded_text_error


class MessageDiffers(OrdersError):
    """The id of the message is that of another one, whose fact was recorded."""

    kind = Kind.CONFLICT
    code = "event_differs"

    def __init__(self) -> None:
        super().__init__("The event_id was received with another fact, so this one is not recorded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReference:
    """The shop's own number of an order, unique for its source."""

    source: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMessage:
    """A fact, with the id of its message.

    Raises:
        InvalidValue: the id is not a string of 1 to 255 storable characters.
    """

    event_id: str
    order: OrderRef | OrderReference
    provider: str
    reference: str
    kind: PaymentKind
    amount_minor: int
    currency: str
    occurred_at: datetime

    def __post_init__(self) -> None:
        if error := bounded_text_error(self.event_id, max_length=MAX_EVENT_ID_LENGTH):
            raise InvalidValue(f"event_id {error}.", field="event_id")

    def ensure_fits(self, order: Subject) -> None:
        """Check the currency.

        Raises:
            InvalidValue: it is not that of the order.
        """
        if self.currency != order.total.currency:
            raise InvalidValue(
                f"currency must be that of the order, {order.total.currency}, not {self.currency}.", field="currency"
            )
