"""Order history: one entry for each version, from which the order can be rebuilt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from orders_domain.model.accounts.actor import Role
from orders_domain.model.status import OrderStatus
from orders_domain.model.values.json_values import JSON

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor

PLACED = "placed"
STATUS_CHANGED = "status_changed"
CANCELED = "canceled"
DELETED = "deleted"
LINES_CANCELED = "lines_canceled"
HELD = "held"
RELEASED = "released"
ANNOTATED = "annotated"
PAYMENT_RECORDED = "payment_recorded"
REFUND_REQUESTED = "refund_requested"
REFUND_SETTLED = "refund_settled"
PAYMENT_KINDS = (PAYMENT_RECORDED, REFUND_REQUESTED, REFUND_SETTLED)
EXPIRED = "expired"
SHIPMENT_CREATED = "shipment_created"
SHIPMENT_CHANGED = "shipment_changed"
RETURN_AUTHORIZED = "return_authorized"
RETURN_RECEIVED = "return_received"
RETURN_REFUSED = "return_refused"
ERASED = "erased"
RETURN_KINDS = (RETURN_AUTHORIZED, RETURN_RECEIVED, RETURN_REFUSED)
LIFE_KINDS = (
    *(LINES_CANCELED, HELD, RELEASED, ANNOTATED, *PAYMENT_KINDS, EXPIRED),
    *(SHIPMENT_CREATED, SHIPMENT_CHANGED, *RETURN_KINDS, ERASED),
)
"""The kinds of the order's life (see ``orders_domain.model.life``), which the contract ``shop`` publishes."""
KINDS = (PLACED, STATUS_CHANGED, CANCELED, DELETED, *LIFE_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change of an order: its actor, kind, time and statuses, and the details needed to replay it."""

    order_id: UUID
    version: int  # of the order, after the change; the first is 1
    kind: str  # one of KINDS
    at: datetime
    actor: str
    role: Role
    request_id: str | None
    from_status: OrderStatus | None
    to_status: OrderStatus
    details: Mapping[str, JSON]
    traceparent: str | None = None

    @property
    def is_internal(self) -> bool:
        """Whether this is a note that the customer does not see."""
        note = self.details.get("note")
        return self.kind == ANNOTATED and isinstance(note, Mapping) and note["visibility"] == "internal"

    @classmethod
    def record(
        cls,
        actor: Actor,
        *,
        order_id: UUID,
        version: int,
        kind: str,
        at: datetime,
        from_status: OrderStatus | None,
        to_status: OrderStatus,
        details: Mapping[str, JSON],
    ) -> HistoryEntry:
        return cls(
            order_id=order_id,
            version=version,
            kind=kind,
            at=at,
            actor=actor.subject,
            role=actor.role,
            request_id=actor.request_id,
            traceparent=actor.traceparent,
            from_status=from_status,
            to_status=to_status,
            details=details,
        )
