"""Order entity. Each change creates a new version and a history entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from orders_domain.errors import InvalidValue, Kind, OrdersError, TotalMismatch, VersionMismatch
from orders_domain.model import history
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Actor
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import MAX_ITEMS, CustomItem, ensure_bounded
from orders_domain.model.order_state import CHANGING, order_fields, placement_details
from orders_domain.model.origin import Origin, inferred_origin
from orders_domain.model.product import OrderLine
from orders_domain.model.status import TRANSITIONS, DeletionNotAllowed, InvalidTransition, OrderStatus, TargetStatus
from orders_domain.model.values.contact import NO_CONTACT, Contact
from orders_domain.model.values.json_values import JSON, bounded_text_error, json_size, text_error
from orders_domain.model.values.money import Money, ensure_in_use, rounded_sums
from orders_domain.model.values.timestamps import timestamp_error

MAX_SHIPMENT_ID_LENGTH = 64
MAX_REASON_LENGTH = 200


class OrderFinalized(OrdersError):
    """The order cannot be cancelled: it is shipped, delivered or already cancelled (clause 004-09)."""

    kind = Kind.CONFLICT
    code = "order_finalized"

    def __init__(self, order: Order) -> None:
        super().__init__("Order already finalized")
        self.order = order  # in its current state


class CartOrdered(OrdersError):
    """An order was already placed of a cart with the same snapshotId, and a cart is ordered once."""

    kind = Kind.CONFLICT
    code = "cart_ordered"

    def __init__(self, order: Order) -> None:
        super().__init__("Another cart with this snapshotId was already ordered; each cart must have its own.")
        self.order = order  # in its initial state


def validate_reason(reason: object, *, target: OrderStatus = OrderStatus.CANCELED) -> None:
    """Validate the reason for a cancellation; None is no reason.

    Raises:
        InvalidValue: the reason is not a string of up to 200 storable characters, or the target status is not CANCELED.
    """
    if reason is None:
        return
    if target is not OrderStatus.CANCELED:
        raise InvalidValue("A reason must be given for a cancellation only.", field="reason")
    if not isinstance(reason, str) or len(reason) > MAX_REASON_LENGTH:
        raise InvalidValue(f"The reason must be a string of up to {MAX_REASON_LENGTH} characters.", field="reason")
    if error := text_error(reason):
        raise InvalidValue(f"The reason {error}.", field="reason")


_SHOWN_DIGITS = 15  # of an expected total; a longer one exceeds the maximum of an amount


@dataclass(slots=True, kw_only=True)
class Order:
    """An order in its current state. Change it only through its methods, which append to ``new_entries``.

    The moments of its history never go backwards: a change that is dated before the last one gets the last one's date.

    An order has ``lines`` of catalogue products, or ``items`` described by the client, or the items of a ``cart``.
    """

    id: UUID
    origin: Origin  # the contract it was placed through, whose access rules apply
    user_id: str | None  # None for a guest
    items: tuple[CustomItem, ...]
    total: Money
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    version: int
    lines: tuple[OrderLine, ...] = ()
    address: Address | None = None
    deleted_at: datetime | None = None
    cart: Cart | None = None
    cancellation_reason: str | None = None
    shipment_id: str | None = None  # the id of the carrier's shipment
    number: int | None = None  # short number for people, assigned by the store
    # Personal data, so neither the history, nor a cache, nor an event, nor a published representation has it.
    contact: Contact = field(default=NO_CONTACT, compare=False, repr=False)
    new_entries: list[history.HistoryEntry] = field(default_factory=list, compare=False, repr=False)  # not stored yet

    @classmethod
    def place(
        cls,
        *,
        order_id: UUID,
        origin: Origin,
        items: Sequence[CustomItem] = (),
        lines: Sequence[OrderLine] = (),
        cart: Cart | None = None,
        total: Money,
        address: Address | None = None,
        user_id: str | None = None,
        shipment_id: str | None = None,
        contact: Contact = NO_CONTACT,
        by: Actor,
        at: datetime,
    ) -> Order:
        """Return a new PENDING order. It belongs to the cart's user, to ``user_id`` if given, otherwise to the actor.

        Its contact is ``contact``, then that of the cart, then the actor's own if the order is the actor's.

        Raises:
            InvalidValue: no items and lines (which ``Origin.ORDERS`` allows), or more than 1,000; items of more than
                64 KiB or 10,000 values, or a cart of more than 256 KiB; a withdrawn currency; or ``user_id`` or
                ``shipment_id`` is not a string of 1 to 64 storable characters.
            TotalMismatch: there are items, each has a quantity and a price, and the total is not the sum of items and
                lines, rounded to the minor unit in all or a line, half up or half even.
        """
        _validate_ids(user_id=user_id, shipment_id=shipment_id)
        items = cart.items if cart else tuple(items)
        least = 0 if origin is Origin.ORDERS else 1
        if not least <= len(items) + len(lines) <= MAX_ITEMS:
            raise InvalidValue(f"An order must have {least} to {MAX_ITEMS} items.", field="items")
        ensure_in_use(total)
        if cart:  # which has validated its own totals
            cart.ensure_bounded()
        else:
            ensure_bounded(items)
            _ensure_sum(items, lines, total)
        owner = cart.user_id if cart else by.subject if user_id is None else user_id
        order = cls(
            id=order_id,
            origin=origin,
            user_id=owner,
            items=items,
            lines=tuple(lines),
            cart=cart,
            total=total,
            address=address,
            shipment_id=shipment_id,
            contact=_contact(contact, cart, by=by, owner=owner),
            status=OrderStatus.PENDING,
            created_at=at,
            updated_at=at,
            version=0,
        )
        order._record(history.PLACED, by=by, at=at, from_status=None, details=placement_details(order))
        return order

    def content_size(self) -> int:
        """Return the size of the items, or of the cart, in bytes of JSON."""
        return json_size(self.cart.content) if self.cart else sum(json_size(item.content) for item in self.items)

    def change_status(self, target: TargetStatus, *, reason: str | None = None, by: Actor, at: datetime) -> bool:
        """Set the target status; return False and change nothing if the status is already equivalent to it.

        A cancellation may have a reason, which the history and the event of the cancellation record.

        Raises:
            InvalidTransition: the lifecycle does not allow the transition.
            InvalidValue: the reason is invalid (see ``validate_reason``).
        """
        validate_reason(reason, target=target.status)
        if self.status in target.equivalent:
            return False
        allowed = TRANSITIONS[self.status]
        if target.status not in allowed:
            raise InvalidTransition(self.status, target.status, allowed)
        previous, self.status = self.status, target.status
        kind = history.CANCELED if target.status is OrderStatus.CANCELED else history.STATUS_CHANGED
        self.cancellation_reason = reason
        details = {} if reason is None else {"reason": reason}
        self._record(kind, by=by, at=at, from_status=previous, details=details)
        return True

    def cancel(self, reason: str | None, *, by: Actor, at: datetime) -> None:
        """Set the status CANCELED and the reason.

        Raises:
            OrderFinalized: the order is shipped, delivered or already cancelled.
            InvalidValue: the reason is not a string of up to 200 storable characters.
        """
        validate_reason(reason)
        if OrderStatus.CANCELED not in TRANSITIONS[self.status]:
            raise OrderFinalized(self)
        previous, self.status = self.status, OrderStatus.CANCELED
        self.cancellation_reason = reason
        self._record(history.CANCELED, by=by, at=at, from_status=previous, details={"reason": reason})

    @property
    def canceled_at(self) -> datetime | None:
        """The time of the cancellation, which is the last update because CANCELED is final; None if not cancelled."""
        return self.updated_at if self.status is OrderStatus.CANCELED else None

    def delete(self, *, by: Actor, at: datetime) -> None:
        """Mark the order as deleted; its history remains.

        Raises:
            DeletionNotAllowed: the order is not pending.
        """
        if self.status is not OrderStatus.PENDING:
            raise DeletionNotAllowed(self.status)
        self._record(history.DELETED, by=by, at=at, from_status=self.status, details={})
        self.deleted_at = self.updated_at

    def ensure_version(self, expected: frozenset[int] | None) -> None:
        """Check that the order is at one of the expected versions; None accepts any version.

        Raises:
            VersionMismatch: the order is at another version.
        """
        if expected is not None and self.version not in expected:
            raise VersionMismatch(expected=expected, current=self.version)

    @property
    def persisted_version(self) -> int:
        """The stored version, or 0 if the order is not stored."""
        return self.version - len(self.new_entries)

    def _record(
        self,
        kind: str,
        *,
        by: Actor,
        at: datetime,
        from_status: OrderStatus | None,
        details: Mapping[str, JSON],
    ) -> None:
        if error := timestamp_error(at):  # a ValueError, because the fault is in the clock and not in the request
            raise ValueError(f"The clock's timestamp {error}.")
        at = max(at, self.updated_at)  # clocks differ, and a caller may have waited for the lock of the order
        self.version += 1
        self.updated_at = at
        self.new_entries.append(
            history.HistoryEntry.record(
                by,
                order_id=self.id,
                version=self.version,
                kind=kind,
                at=at,
                from_status=from_status,
                to_status=self.status,
                details=details,
            )
        )


def rebuild(entries: Sequence[history.HistoryEntry], *, number: int | None = None) -> Order:
    """Rebuild an order from its complete history, oldest entry first (clauses 002-08, 002-35).

    Raises:
        ValueError: the history has a gap, or does not begin with the placement.
    """
    if [entry.version for entry in entries] != list(range(1, len(entries) + 1)):
        raise ValueError("The history must have every version from 1 on, without gaps.")
    if not entries or entries[0].kind != history.PLACED:
        raise ValueError("The history must begin with the placement.")
    first, last = entries[0], entries[-1]
    changed = {
        "status": last.to_status,
        "version": last.version,
        "updated_at": last.at,
        "deleted_at": last.at if last.kind == history.DELETED else None,
        "cancellation_reason": last.details.get("reason") if last.kind == history.CANCELED else None,
    }
    identity = {"id": first.order_id, "number": number, "created_at": first.at}
    return order_from_state(_placement(first.details) | changed | identity)


def order_from_state(state: Mapping[str, Any]) -> Order:
    """Return the order of a state (see ``orders_domain.model.order_state.order_fields``)."""
    return Order(**order_fields(state))


def _placement(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded placement. A field that an older history lacks has its default, or is inferred."""
    defaults = {field.name: field.default for field in fields(Order) if field.name not in CHANGING}
    placement = {name: value for name, value in defaults.items() if value is not MISSING} | dict(details)
    if "origin" not in placement:
        placement["origin"] = inferred_origin(
            cart=placement["cart"], shipment_id=placement["shipment_id"], lines=placement["lines"]
        )
    return placement


def _validate_ids(*, user_id: str | None, shipment_id: str | None) -> None:
    for name, text, max_length in (
        ("user_id", user_id, MAX_SUBJECT_LENGTH),
        ("shipment_id", shipment_id, MAX_SHIPMENT_ID_LENGTH),
    ):
        if text is not None and (error := bounded_text_error(text, max_length=max_length)):
            raise InvalidValue(f"{name} {error}.", field=name)


def _contact(given: Contact, cart: Cart | None, *, by: Actor, owner: str | None) -> Contact:
    contact = given.or_else(cart.contact) if cart else given
    return contact.or_else(by.contact) if owner == by.subject else contact


def _ensure_sum(items: Sequence[CustomItem], lines: Sequence[OrderLine], total: Money) -> None:
    subtotals = [item.subtotal for item in items] + [line.subtotal.amount for line in lines]
    known = [subtotal for subtotal in subtotals if subtotal is not None]
    if subtotals and len(known) == len(subtotals):
        acceptable = rounded_sums(known, total.currency)
        if total.amount not in acceptable:
            raise TotalMismatch(_expected(acceptable[0]), field="total")


def _expected(expected: Decimal) -> str:
    sentence = "The total must be the sum of the items' quantities times their prices"
    return f"{sentence}: {expected:f}." if abs(expected.adjusted()) <= _SHOWN_DIGITS else f"{sentence}."
