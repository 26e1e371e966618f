"""Order entity. Each change creates a new version and a history entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model import history
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Actor
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import MAX_ITEMS, ContentLimits, CustomItem, ensure_bounded, ensure_sum
from orders_domain.model.life.changes import OrderVersionMismatch, ensure_not_held
from orders_domain.model.life.charges import Charge
from orders_domain.model.life.fold import life_after
from orders_domain.model.life.placing import Placing
from orders_domain.model.life.state import NEW, Life
from orders_domain.model.order_state import CHANGING, SINCE_LIFE, order_fields, placement_details
from orders_domain.model.origin import Origin, inferred_origin
from orders_domain.model.product import OrderLine
from orders_domain.model.status import TRANSITIONS, DeletionNotAllowed, InvalidTransition, OrderStatus, TargetStatus
from orders_domain.model.values.json_values import JSON, bounded_text_error, json_size, text_error
from orders_domain.model.values.money import Money, ensure_in_use
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


@dataclass(slots=True, kw_only=True)
class Order:
    """An order in its current state. Change it only through its methods, which append to ``new_entries``.

    The moments of its history never go backwards: a change that is dated before the last one gets the last one's date.

    An order has ``lines`` of catalogue products, or ``items`` described by the client, or the items of a ``cart``.
    """

    id: UUID
    origin: Origin  # the contract it was placed through, whose access rules apply
    user_id: str | None  # None for a guest
    items: Sequence[CustomItem]
    total: Money
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    version: int
    lines: Sequence[OrderLine] = ()
    address: Address | None = None
    deleted_at: datetime | None = None
    cart: Cart | None = None
    cancellation_reason: str | None = None
    shipment_id: str | None = None  # the id of the carrier's shipment
    number: int | None = None  # short number for people, assigned by the store
    # Personal data, so neither the history, nor a cache, nor an event has it, and only the contract `shop` shows it.
    contact: Contact = field(default=NO_CONTACT, compare=False, repr=False)
    source: str | None = None  # the shop or channel whose number the reference is
    reference: str | None = None  # the shop's own number, unique for its source
    charges: tuple[Charge, ...] = ()
    life: Life = NEW  # all that changes beside the status
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
        placing: Placing = Placing(),  # noqa: B008 - immutable
        limits: ContentLimits = ContentLimits(),  # noqa: B008 - immutable
        by: Actor,
        at: datetime,
    ) -> Order:
        """Return a new PENDING order. It belongs to the cart's user, to ``user_id`` if given, otherwise to the actor.

        Its contact is that of ``placing``, then that of the cart, then the actor's own if the order is the actor's.

        Raises:
            InvalidValue: no items and lines (which ``Origin.ORDERS`` allows), or more than 1,000; items or a cart
                beyond the limits; a withdrawn currency; or ``user_id`` or
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
            cart.ensure_bounded(limits)
        else:
            ensure_bounded(items, limits)
            if not placing.charges:  # with charges, the placement has computed the total
                ensure_sum([item.subtotal for item in items] + [line.subtotal.amount for line in lines], total)
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
            contact=_contact(placing.contact, cart, by=by, owner=owner),
            status=OrderStatus.PENDING,
            created_at=at,
            updated_at=at,
            version=0,
            **placing.fields(),
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
        if self._has_shipped:
            allowed -= {OrderStatus.CANCELED}
        if target.status not in allowed:
            raise InvalidTransition(self.status, target.status, allowed)
        if target.status not in (OrderStatus.PAID, OrderStatus.DELIVERED):
            ensure_not_held(self)
        kind = history.CANCELED if target.status is OrderStatus.CANCELED else history.STATUS_CHANGED
        details = {} if reason is None else {"reason": reason}
        self.record(kind, details, status=target.status, by=by, at=at)
        return True

    def record(
        self, kind: str, details: Mapping[str, JSON], *, status: OrderStatus | None = None, by: Actor, at: datetime
    ) -> None:
        """Record a change of the status or of the order's life (see ``orders_domain.model.life.changes``)."""
        previous, self.status = self.status, status or self.status
        self._record(kind, by=by, at=at, from_status=previous, details=details)

    @property
    def _has_shipped(self) -> bool:
        return any(counter.shipped for counter in self.life.counters.values())

    def cancel(self, reason: str | None, *, by: Actor, at: datetime) -> None:
        """Set the status CANCELED and the reason.

        Raises:
            OrderFinalized: the order is shipped, delivered or already cancelled.
            InvalidValue: the reason is not a string of up to 200 storable characters.
        """
        validate_reason(reason)
        if OrderStatus.CANCELED not in TRANSITIONS[self.status] or self._has_shipped:
            raise OrderFinalized(self)
        ensure_not_held(self)
        self.record(history.CANCELED, {"reason": reason}, status=OrderStatus.CANCELED, by=by, at=at)

    @property
    def canceled_at(self) -> datetime | None:
        """The time of the cancellation; None if the order is not cancelled."""
        return self.life.canceled_at or self.updated_at if self.status is OrderStatus.CANCELED else None

    def delete(self, *, by: Actor, at: datetime) -> None:
        """Mark the order as deleted; its history remains.

        Raises:
            DeletionNotAllowed: the order is not pending, is paid in part, or is shipped in part.
        """
        if self.status is not OrderStatus.PENDING or self.life.payments or self._has_shipped:
            raise DeletionNotAllowed(self.status)
        self.record(history.DELETED, {}, by=by, at=at)

    def ensure_version(self, expected: frozenset[int] | None) -> None:
        """Check that the order is at one of the expected versions; None accepts any version.

        Raises:
            OrderVersionMismatch: the order is at another version.
        """
        if expected is not None and self.version not in expected:
            raise OrderVersionMismatch(self, expected)

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
        entry = history.HistoryEntry.record(
            by,
            order_id=self.id,
            version=self.version + 1,
            kind=kind,
            at=at,
            from_status=from_status,
            to_status=self.status,
            details=details,
        )
        self.apply(entry)
        self.new_entries.append(entry)

    def apply(self, entry: history.HistoryEntry) -> None:
        """Set the fields that a history entry changes; a change and a rebuild do so alike."""
        self.status = entry.to_status
        if entry.kind != history.PLACED:
            self.life = life_after(self, entry)
        if entry.to_status is OrderStatus.CANCELED and entry.from_status is not OrderStatus.CANCELED:
            reason: Any = entry.details.get("reason")
            self.cancellation_reason = reason
        self.version, self.updated_at = entry.version, entry.at
        if entry.kind == history.DELETED:
            self.deleted_at = entry.at


def rebuild(entries: Sequence[history.HistoryEntry], *, number: int | None = None) -> Order:
    """Rebuild an order from its complete history, oldest entry first (clauses 002-08, 002-35).

    Raises:
        ValueError: the history has a gap, or does not begin with the placement.
    """
    if [entry.version for entry in entries] != list(range(1, len(entries) + 1)):
        raise ValueError("The history must have every version from 1 on, without gaps.")
    if not entries or entries[0].kind != history.PLACED:
        raise ValueError("The history must begin with the placement.")
    first, *changes = entries
    changed = {"status": first.to_status, "version": 1, "updated_at": first.at}
    changed |= {"deleted_at": None, "cancellation_reason": None}
    identity = {"id": first.order_id, "number": number, "created_at": first.at}
    order = order_from_state(_placement(first.details) | changed | identity)
    for entry in changes:
        order.apply(entry)
    return order


def order_from_state(state: Mapping[str, Any]) -> Order:
    """Return the order of a state (see ``orders_domain.model.order_state.order_fields``)."""
    return Order(**order_fields(state))


def _placement(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded placement. A field that an older history lacks has its default, or is inferred."""
    not_placed = {*CHANGING, *SINCE_LIFE}
    defaults = {field.name: field.default for field in fields(Order) if field.name not in not_placed}
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
    if owner != by.subject:
        return contact
    # A customer whom the sender names is not mixed with the sender.
    return contact.or_else(Contact(language=by.contact.language) if given.is_named else by.contact)
