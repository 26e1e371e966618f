"""The order: an entity with verbs. Each verb makes a new version and writes its line of history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Any, cast
from uuid import UUID

from orders_domain.errors import InvalidValue, Kind, OrdersError, TotalMismatch, VersionMismatch
from orders_domain.model import history
from orders_domain.model.actor import MAX_SUBJECT_LENGTH, Actor
from orders_domain.model.address import Address
from orders_domain.model.cart import Cart
from orders_domain.model.custom_item import MAX_ITEMS, CustomItem
from orders_domain.model.json_values import JSON, bounded_text_error, text_error
from orders_domain.model.money import EXACT, Money
from orders_domain.model.origin import Origin, inferred_origin
from orders_domain.model.product import OrderLine
from orders_domain.model.status import TRANSITIONS, DeletionNotAllowed, InvalidTransition, OrderStatus, TargetStatus
from orders_domain.model.timestamps import timestamp_error

MAX_SHIPMENT_ID_LENGTH = 64
MAX_REASON_LENGTH = 200


class OrderFinalized(OrdersError):
    """The order is beyond being cancelled: shipped, delivered, or cancelled already (clause 004-09)."""

    kind = Kind.CONFLICT
    code = "order_finalized"

    def __init__(self, order: Order) -> None:
        super().__init__("Order already finalized")
        self.order = order  # as it stands


@dataclass(slots=True, kw_only=True)
class Order:
    """An order as it stands. Change it through its verbs only; ``unsaved`` is what they wrote since it was loaded.

    It consists of ``lines`` of the catalogue's products, or of ``items`` as its client describes them; those of a
    ``cart`` are the cart's.
    """

    id: UUID
    origin: Origin  # the contract it was placed by: its access rules hold
    user_id: str | None  # None: a guest's
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
    shipment_id: str | None = None  # what the carrier calls its parcel
    number: int | None = None  # the short number people read out on the phone; given by the store
    new_entries: list[history.HistoryEntry] = field(default_factory=list, compare=False, repr=False)

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
        by: Actor,
        at: datetime,
    ) -> Order:
        """Return a new PENDING order, the actor's own unless it is placed for somebody else; a cart's is its user's.

        Raises:
            Refused: no item and no line, or more than 1,000; a user or a shipment of not 1 to 64 storable characters.
            TotalMismatch: every item has a quantity and a price, or there are lines, and the total is not their sum.
        """
        for name, text, longest in (
            ("user_id", user_id, MAX_SUBJECT_LENGTH),
            ("shipment_id", shipment_id, MAX_SHIPMENT_ID_LENGTH),
        ):
            if text is not None and (flaw := bounded_text_error(text, max_length=longest)):
                raise InvalidValue(f"{name} {flaw}.", field=name)
        items = cart.items if cart else tuple(items)
        if not 1 <= len(items) + len(lines) <= MAX_ITEMS:
            raise InvalidValue(f"An order has 1 to {MAX_ITEMS} items.", field="items")
        if not cart:  # whose own figures agree
            _ensure_sum(items, lines, total)
        order = cls(
            id=order_id,
            origin=origin,
            user_id=cart.user_id if cart else by.subject if user_id is None else user_id,
            items=items,
            lines=tuple(lines),
            cart=cart,
            total=total,
            address=address,
            shipment_id=shipment_id,
            status=OrderStatus.PENDING,
            created_at=at,
            updated_at=at,
            version=0,
        )
        order._record(history.PLACED, by=by, at=at, from_status=None, details=_placement_details(order))
        return order

    def change_status(self, target: TargetStatus, *, by: Actor, at: datetime) -> bool:
        """Take the status asked for; return whether anything changed (asking for what already shows does nothing).

        Raises:
            InvalidTransition: the lifecycle does not allow it.
        """
        if self.status in target.equivalent:
            return False
        allowed = TRANSITIONS[self.status]
        if target.status not in allowed:
            raise InvalidTransition(self.status, target.status, allowed)
        before, self.status = self.status, target.status
        what = history.CANCELED if target.status is OrderStatus.CANCELED else history.STATUS_CHANGED
        self._record(what, by=by, at=at, from_status=before, details={})
        return True

    def cancel(self, reason: str | None, *, by: Actor, at: datetime) -> None:
        """Become CANCELED, for a reason; an order that is so already is refused.

        Raises:
            OrderFinalized: it is shipped, delivered or cancelled.
            Refused: the reason is more than 200 characters, or not storable.
        """
        if reason is not None and (not isinstance(reason, str) or len(reason) > MAX_REASON_LENGTH):
            raise InvalidValue(f"Up to {MAX_REASON_LENGTH} characters.", field="reason")
        if reason is not None and (flaw := text_error(reason)):
            raise InvalidValue(f"The text {flaw}.", field="reason")
        if OrderStatus.CANCELED not in TRANSITIONS[self.status]:
            raise OrderFinalized(self)
        before, self.status = self.status, OrderStatus.CANCELED
        self.cancellation_reason = reason
        self._record(history.CANCELED, by=by, at=at, from_status=before, details={"reason": reason})

    @property
    def canceled_at(self) -> datetime | None:
        """When it was cancelled, after which nothing happens any more."""
        return self.updated_at if self.status is OrderStatus.CANCELED else None

    def delete(self, *, by: Actor, at: datetime) -> None:
        """Take the order out of sight; its history stays.

        Raises:
            DeletionNotAllowed: it is not pending.
        """
        if self.status is not OrderStatus.PENDING:
            raise DeletionNotAllowed(self.status)
        self.deleted_at = at
        self._record(history.DELETED, by=by, at=at, from_status=self.status, details={})

    def ensure_version(self, expected: frozenset[int] | None) -> None:
        """Return if the order is at one of the versions named, or none was named.

        Raises:
            VersionMismatch: it is not.
        """
        if expected is not None and self.version not in expected:
            raise VersionMismatch(expected=expected, current=self.version)

    @property
    def persisted_version(self) -> int:
        """The version the store has, 0 for none."""
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
        if flaw := timestamp_error(at):  # a clock of ours is to blame, not who asks
            raise ValueError(f"The clock's moment {flaw}.")
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
    """Return the order that a complete history, oldest first, tells of (clauses 002-08, 002-35).

    Raises:
        ValueError: the history has a hole, or does not begin with the placing.
    """
    if [entry.version for entry in entries] != list(range(1, len(entries) + 1)):
        raise ValueError("The history has a hole.")
    if not entries or entries[0].kind != history.PLACED:
        raise ValueError("The history does not begin with the placing.")
    first, last = entries[0], entries[-1]
    placing = cast("Mapping[str, Any]", first.details)
    currency, cart = placing["currency"], Cart(placing["cart"]) if placing.get("cart") else None
    return Order(
        id=first.order_id,
        origin=_origin(placing),
        user_id=placing["user_id"],
        items=cart.items if cart else tuple(CustomItem(content) for content in placing["items"]),
        lines=tuple(
            OrderLine(product_id=product_id, quantity=quantity, unit_price=Money(minor, currency))
            for product_id, quantity, minor in placing["lines"]
        ),
        total=Money(placing["total_minor"], currency),
        address=Address(**placing["address"]) if placing["address"] else None,
        cart=cart,  # unknown, like shipments, to histories older than them
        cancellation_reason=cast("str | None", last.details.get("reason")) if last.kind == history.CANCELED else None,
        shipment_id=placing.get("shipment_id"),
        status=last.to_status,
        created_at=first.at,
        updated_at=last.at,
        deleted_at=last.at if last.kind == history.DELETED else None,
        version=last.version,
        number=number,
    )


def _origin(placing: Mapping[str, Any]) -> Origin:
    if "origin" in placing:
        return Origin(placing["origin"])
    return inferred_origin(cart=placing.get("cart"), shipment_id=placing.get("shipment_id"), lines=placing["lines"])


def _placement_details(order: Order) -> dict[str, JSON]:
    """Everything the order began with, for ``fold``."""
    address = order.address
    return {
        "origin": order.origin.value,
        "user_id": order.user_id,
        "items": [] if order.cart else [cast(JSON, dict(item.content)) for item in order.items],
        "cart": cast(JSON, dict(order.cart.content)) if order.cart else None,
        "lines": [[line.product_id, line.quantity, line.unit_price.minor] for line in order.lines],
        "total_minor": order.total.minor,
        "currency": order.total.currency,
        "address": cast(JSON, address.as_dict()) if address else None,
        "shipment_id": order.shipment_id,
    }


def _ensure_sum(items: Sequence[CustomItem], lines: Sequence[OrderLine], total: Money) -> None:
    subtotals = [item.subtotal for item in items] + [line.subtotal.amount for line in lines]
    known = [subtotal for subtotal in subtotals if subtotal is not None]
    if len(known) == len(subtotals) and reduce(EXACT.add, known, Decimal()) != total.amount:
        raise TotalMismatch(
            "The total is not the sum of the items' quantities times their prices.", field="total_price"
        )
