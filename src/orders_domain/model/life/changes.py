"""Changes of an order's life: each checks the order and records one version, without a new status word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orders_domain.errors import InvalidValue, Kind, OrdersError, VersionMismatch
from orders_domain.model import history
from orders_domain.model.life.axes import FulfillmentStatus, PaymentStatus
from orders_domain.model.life.counter import Counter
from orders_domain.model.life.lines import leaves_open, line_count, line_counters, open_units, order_shares, quantities
from orders_domain.model.life.returns import awaited_units
from orders_domain.model.life.state import checked_metadata, checked_reason, checked_tags, merged
from orders_domain.model.status import TRANSITIONS, OrderStatus
from orders_domain.model.values.json_values import JSON, bounded_text_error, same_json

if TYPE_CHECKING:
    from uuid import UUID

    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.life.subject import Subject

MAX_NOTE_LENGTH = 5_000
EXPIRED = "expired"
"""The reason of a cancellation by expiry, and of the refund of what an expired order has captured."""


class NotAllowed(OrdersError):
    """The state of the order does not allow the action."""

    kind = Kind.CONFLICT
    code = "not_allowed"

    def __init__(self, message: str, order: Subject) -> None:
        super().__init__(message)
        self.order: Any = order  # an Order


class ReferenceTaken(OrdersError):
    """Another order of the same source has this reference."""

    kind = Kind.CONFLICT
    code = "reference_taken"

    def __init__(self, order_id: UUID) -> None:
        super().__init__("Another order of this source has this reference.")
        self.order_id = order_id


class OrderVersionMismatch(VersionMismatch):
    """The current version of the order is none of the expected versions; the error has the order."""

    def __init__(self, order: Subject, expected: frozenset[int]) -> None:
        super().__init__(expected=expected, current=order.version)
        self.order: Any = order  # an Order


class NotOpen(NotAllowed):
    """Fewer units of a line are open than the request has."""

    code = "not_open"


class NotShipped(NotAllowed):
    """Fewer units of a line are shipped, and neither returned nor authorized to be, than the request has."""

    code = "not_shipped"


def payment_status(order: Subject) -> PaymentStatus:
    totals = order.life.totals
    if totals.refunded:
        return PaymentStatus.REFUNDED if totals.refunded >= totals.captured else PaymentStatus.PART_REFUNDED
    if _is_captured(order):
        return PaymentStatus.PAID
    if totals.captured:
        return PaymentStatus.PART_PAID
    return PaymentStatus.AUTHORIZED if totals.authorized > 0 else PaymentStatus.NONE


def _is_captured(order: Subject) -> bool:
    """Return whether what is due was captured, whatever was refunded afterwards, or the status PAID was set."""
    captured = order.life.totals.captured
    return order.life.marked_paid or (captured > 0 and captured >= order.total.minor - cancelled_minor(order))


def fulfillment_status(order: Subject) -> FulfillmentStatus:
    if order.status is OrderStatus.DELIVERED:
        return FulfillmentStatus.DELIVERED
    if order.status is OrderStatus.SHIPPED:
        return FulfillmentStatus.FULL
    shipped = any(counter.shipped for counter in order.life.counters.values())
    return FulfillmentStatus.PART if shipped else FulfillmentStatus.NONE


def returnable_units(order: Subject) -> dict[int, int]:
    """Return the units of each line that are shipped, and neither returned nor authorized to be."""
    awaited = awaited_units(order.life.returns)
    units = {
        number: counter.shipped - counter.returned - awaited.get(number, 0)
        for number, counter in enumerate(line_counters(order), start=1)
    }
    return {number: quantity for number, quantity in units.items() if quantity}


def cancelled_minor(order: Subject) -> int:
    """Return the amount of the cancelled units; of a canceled order it is the total."""
    if order.status is OrderStatus.CANCELED:
        return order.total.minor
    if not any(counter.cancelled for counter in order.life.counters.values()):
        return 0
    frozen = order_shares(order)
    pairs = enumerate(zip(quantities(order), line_counters(order), strict=True))
    return sum(
        frozen.of_units(place, quantity, first=0, units=counter.cancelled) for place, (quantity, counter) in pairs
    )


def hold(order: Subject, reason: str, *, by: Actor, at: datetime) -> None:
    """Hold the order.

    Raises:
        NotAllowed: it is held already, or it is final.
        InvalidValue: the reason is not a string of 1 to 200 storable characters.
    """
    text = checked_reason(reason)
    if order.life.hold:
        raise NotAllowed(f"The order is held already: {order.life.hold.reason}", order)
    if order.status.is_final:
        raise NotAllowed(f"An order that is {order.status.value} cannot be held.", order)
    order.record(history.HELD, {"reason": text}, by=by, at=at)


def release(order: Subject, *, by: Actor, at: datetime) -> None:
    """Release the order from its hold.

    Raises:
        NotAllowed: it is not held.
    """
    if order.life.hold is None:
        raise NotAllowed("The order is not held.", order)
    order.record(history.RELEASED, {}, by=by, at=at)


def expires(order: Subject, at: datetime) -> bool:
    """Return whether the order expires: its time has come, and it is neither paid, held nor shipped in part.

    A refund or a chargeback of a part that was paid does not make an order a paid one.
    """
    return (
        order.life.expires_at is not None
        and order.life.expires_at <= at
        and order.life.hold is None
        and OrderStatus.CONFIRMED in {order.status, *TRANSITIONS[order.status]}
        and not _is_captured(order)
        and not shipped_units(line_counters(order))
    )


def expire(order: Subject, *, by: Actor, at: datetime) -> None:
    """Cancel the order with the reason ``expired``.

    Raises:
        NotAllowed: it does not expire.
    """
    if not expires(order, at):
        raise NotAllowed("The order does not expire.", order)
    order.record(history.EXPIRED, {"reason": EXPIRED}, status=OrderStatus.CANCELED, by=by, at=at)


def has_expired(order: Subject) -> bool:
    return order.status is OrderStatus.CANCELED and order.cancellation_reason == EXPIRED


def ensure_not_held(order: Subject) -> None:
    """Check that the order is not held.

    Raises:
        NotAllowed: it is held; the text has the reason.
    """
    if order.life.hold:
        raise NotAllowed(f"The order is held: {order.life.hold.reason}", order)


def annotate(
    order: Subject,
    *,
    note: str | None = None,
    internal: bool = True,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, JSON] | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Add a note, replace the tags, or merge a patch into the metadata (RFC 7396); a change of nothing is none.

    Raises:
        InvalidValue: the note, the tags or the metadata afterwards are beyond their bounds.
    """
    details: dict[str, JSON] = {}
    if note is not None:
        if error := bounded_text_error(note, max_length=MAX_NOTE_LENGTH):
            raise InvalidValue(f"text {error}.", field="text")
        details["note"] = {"text": note, "visibility": "internal" if internal else "customer"}
    if tags is not None and (sorted_tags := checked_tags(tags)) != order.life.tags:
        details["tags"] = list(sorted_tags)
    if metadata is not None:
        patched = checked_metadata(merged(dict(order.life.metadata), dict(metadata)))
        if not same_json(patched, order.life.metadata):
            details["metadata"] = dict(metadata)
    if details:
        order.record(history.ANNOTATED, details, by=by, at=at)


def cancel(
    order: Subject, lines: Mapping[int, int] | None, reason: str | None, *, by: Actor, at: datetime
) -> Mapping[int, int]:
    """Cancel units by the number of their line, by default every open unit; return the units that were cancelled.

    If no unit is open or shipped afterwards, the order is canceled; if some are shipped and none is open, it is
    shipped.

    Raises:
        NotAllowed: the order is held.
        NotOpen: a line has fewer open units, or none is open.
        InvalidValue: there is no such line, a quantity is not a whole number of at least 1, or the reason is not a
            string of 1 to 200 storable characters.
    """
    text = None if reason is None else checked_reason(reason)
    ensure_not_held(order)
    remaining = open_units(order)
    chosen = dict(remaining) if lines is None else ensure_units(order, lines, remaining)
    if not remaining:
        raise NotOpen("No unit of the order is open: each is shipped or cancelled.", order)
    if chosen == remaining and not any(counter.shipped for counter in line_counters(order)):
        order.cancel(text, by=by, at=at)
        return chosen
    status = OrderStatus.SHIPPED if chosen == remaining else None
    details: dict[str, JSON] = {"lines": [[number, units] for number, units in sorted(chosen.items())], "reason": text}
    order.record(history.LINES_CANCELED, details, status=status, by=by, at=at)
    sums = order.life.shipment_sums
    if status and sums.delivered == sums.count:
        order.record(history.STATUS_CHANGED, {}, status=OrderStatus.DELIVERED, by=by, at=at)
    return chosen


def ensure_units(
    order: Subject,
    lines: Mapping[int, int],
    available: Mapping[int, int],
    *,
    refusal: type[NotAllowed] = NotOpen,
    noun: str = "open units",
) -> dict[int, int]:
    """Return the requested units, each at least 1 and at most those available of its line.

    Raises:
        NotAllowed: a line has fewer units available; by default the error is ``NotOpen``.
        InvalidValue: there are no lines, there is no such line, or a quantity is not a whole number of at least 1.
    """
    count = line_count(order)
    if not lines:
        raise InvalidValue("At least one line is required.", field="lines")
    for number, units in lines.items():
        if type(number) is not int or not 1 <= number <= count:
            raise InvalidValue(f"A number must be that of a line of the order, 1 to {count}.", field="lines")
        if type(units) is not int or units < 1:
            raise InvalidValue("A quantity must be a whole number of at least 1.", field="lines")
        if units > available.get(number, 0):
            raise refusal(f"Line {number} has {available.get(number, 0)} {noun}, not {units}.", order)
    return dict(lines)


def allowed_actions(order: Subject) -> tuple[str, ...]:
    """Return the actions that the state of the order allows to any actor."""
    allowed: list[str] = []
    if not order.life.hold:
        if OrderStatus.CONFIRMED in TRANSITIONS[order.status]:
            allowed.append("confirm")
        if leaves_open(order, {}):
            allowed += ["cancel", "ship"]
    if order.life.hold:
        allowed.append("release")
    elif not order.status.is_final:
        allowed.append("hold")
    if order.life.totals.refundable > 0:
        allowed.append("refund")
    if returnable_units(order):
        allowed.append("return")
    if awaited_units(order.life.returns):
        allowed.append("receive_return")
    return (*allowed, "record_payment", "annotate")


def shipped_units(counters: Sequence[Counter]) -> int:
    return sum(counter.shipped for counter in counters)
