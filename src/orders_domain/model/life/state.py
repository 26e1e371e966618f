"""State of an order's life: everything that changes after it was placed, beside its status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from orders_domain.errors import InvalidValue
from orders_domain.model.life.counter import Counter
from orders_domain.model.life.payments import Payment, PaymentTotals, Refund, totals_of
from orders_domain.model.life.returns import Return
from orders_domain.model.life.shipments import NO_SHIPMENTS, Shipment, ShipmentState, ShipmentSums, sums_of
from orders_domain.model.values.json_values import JSON, bounded_text_error, checked, json_error, json_size
from orders_domain.model.values.timestamps import parse_timestamp

MAX_REASON_LENGTH = 200
MAX_TAGS = 50
MAX_TAG_LENGTH = 64
MAX_METADATA_KEYS = 50
MAX_METADATA_BYTES = 16 * 1024
MAX_METADATA_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold of an order: it refuses confirming, cancelling, shipping and expiry until it is released."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The state. It is a fold of the order's history (see ``orders_domain.model.life.fold``)."""

    marked_paid: bool = False  # the status PAID was set by its name, without a payment
    counters: Mapping[int, Counter] = field(default_factory=dict)  # by the number of a line; those not 0
    hold: Hold | None = None
    expires_at: datetime | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    unread: ShipmentSums = NO_SHIPMENTS  # of the shipments that were not read with their order (decision 0065)
    shipment_state: ShipmentState | None = None  # of a shipment that failed or came back and is none of the shipments
    returns: tuple[Return, ...] = ()
    products: Mapping[int, int] = field(default_factory=dict)  # by the number of an own item: the id of its product
    canceled_at: datetime | None = None  # set by the first change after the cancellation; until then the last change
    later: Mapping[str, JSON] = field(default_factory=dict)  # members that only a later release knows, as it wrote them

    @property
    def totals(self) -> PaymentTotals:
        return totals_of(self.payments, self.refunds)

    @property
    def shipment_sums(self) -> ShipmentSums:
        """The sums of all shipments, whether they were read or not."""
        return self.unread + sums_of(self.shipments)

    def without_shipments(self) -> Life:
        """Return the state as the row of its order has it: each shipment has a row of its own."""
        return replace(self, shipments=(), unread=self.shipment_sums) if self.shipments else self

    def with_shipments(self, shipments: Iterable[Shipment]) -> Life:
        """Return the state with shipments that were not read before."""
        read = sorted(shipments, key=lambda shipment: shipment.number)
        return replace(self, shipments=tuple(read), unread=self.unread - sums_of(read))

    def as_json(self) -> dict[str, JSON]:
        """Return the members that differ from those of a new order."""
        members: dict[str, JSON] = {
            "marked_paid": self.marked_paid,
            "counters": [[number, *counter] for number, counter in sorted(self.counters.items())],
            "hold": {"reason": self.hold.reason, "by": self.hold.by, "at": _text(self.hold.at)} if self.hold else None,
            "expires_at": _text(self.expires_at),
            "tags": list(self.tags),
            "metadata": dict(self.metadata),
            "payments": [payment.as_json() for payment in self.payments],
            "refunds": [refund.as_json() for refund in self.refunds],
            "shipments": [shipment.as_json() for shipment in self.shipments],
            "unread": self.unread.as_json(),
            "shipment_state": self.shipment_state.value if self.shipment_state else None,
            "returns": [returned.as_json() for returned in self.returns],
            "products": [[number, product_id] for number, product_id in sorted(self.products.items())],
            "canceled_at": _text(self.canceled_at),
        }
        return {name: value for name, value in members.items() if value} | dict(self.later)

    @classmethod
    def from_json(cls, members: Mapping[str, Any] | None) -> Life:
        """Return the state of the members of ``as_json``.

        Raises:
            LookupError, TypeError, ValueError: a member has another type.
        """
        if not members:
            return NEW
        hold = members.get("hold")
        return cls(
            marked_paid=checked(bool, members.get("marked_paid", False)),
            counters={units[0]: _counter(*units[1:]) for units in members.get("counters", [])},
            hold=Hold(reason=hold["reason"], by=hold["by"], at=parse_timestamp(hold["at"])) if hold else None,
            expires_at=_moment(members.get("expires_at")),
            tags=tuple(members.get("tags", [])),
            metadata=dict(members.get("metadata", {})),
            payments=tuple(map(Payment.from_json, members.get("payments", []))),
            refunds=tuple(map(Refund.from_json, members.get("refunds", []))),
            shipments=tuple(map(Shipment.from_json, members.get("shipments", []))),
            unread=ShipmentSums(*members.get("unread", ())),
            shipment_state=ShipmentState(members["shipment_state"]) if "shipment_state" in members else None,
            returns=tuple(map(Return.from_json, members.get("returns", []))),
            products=dict(members.get("products", [])),
            canceled_at=_moment(members.get("canceled_at")),
            later={name: value for name, value in members.items() if name not in _NAMES},
        )


_NAMES = frozenset(entry.name for entry in fields(Life)) - {"later"}
NEW = Life()
"""The state of an order that was placed without tags, metadata and expiry."""


@lru_cache(maxsize=1_024, typed=True)  # so that a damaged row is read as it is
def _counter(shipped: int = 0, cancelled: int = 0, returned: int = 0) -> Counter:
    """Return a counter: most lines of a large order have the same one, which is then built once."""
    return Counter(shipped, cancelled, returned)


def checked_reason(reason: object) -> str:
    """Return a reason.

    Raises:
        InvalidValue: it is not a string of 1 to 200 storable characters.
    """
    if error := bounded_text_error(reason, max_length=MAX_REASON_LENGTH):
        raise InvalidValue(f"reason {error}.", field="reason")
    return str(reason)


def checked_tags(tags: object) -> tuple[str, ...]:
    """Return the tags, sorted and each once.

    Raises:
        InvalidValue: there are more than 50, or one is not a string of 1 to 64 storable characters.
    """
    if not isinstance(tags, list | tuple) or len(tags) > MAX_TAGS:
        raise InvalidValue(f"tags must be a list of up to {MAX_TAGS} tags.", field="tags")
    for tag in tags:
        if error := bounded_text_error(tag, max_length=MAX_TAG_LENGTH):
            raise InvalidValue(f"Each tag {error}.", field="tags")
    return tuple(sorted(set(tags)))


def checked_metadata(metadata: object) -> dict[str, JSON]:
    """Return the metadata.

    Raises:
        InvalidValue: it is not an object of up to 50 members and 16 KiB, or has a name of more than 64 characters or a
            value that is not storable.
    """
    if not isinstance(metadata, Mapping) or len(metadata) > MAX_METADATA_KEYS:
        raise InvalidValue(f"metadata must be an object of up to {MAX_METADATA_KEYS} members.", field="metadata")
    for name in metadata:
        if error := bounded_text_error(name, max_length=MAX_METADATA_KEY_LENGTH):
            raise InvalidValue(f"The name of each member {error}.", field="metadata")
    if error := json_error(metadata):
        raise InvalidValue(f"metadata {error}.", field="metadata")
    if (size := json_size(metadata)) > MAX_METADATA_BYTES:
        raise InvalidValue(
            f"metadata must be at most {MAX_METADATA_BYTES:,} bytes of JSON, not {size:,}.", field="metadata"
        )
    return dict(metadata)


def merged(target: JSON, patch: JSON) -> JSON:
    """Return the target after a JSON merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    result: dict[str, JSON] = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return parse_timestamp(text) if text else None
