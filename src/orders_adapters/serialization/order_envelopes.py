"""Envelope of events of `checkout` orders, as the consumers of source 004 read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orders_adapters.serialization.json_format import format_timestamp
from orders_domain.model.events import ORDER_PLACED, Event
from orders_domain.model.origin import Origin
from orders_domain.model.values.json_values import JSON


def order_envelope(event: Event) -> Mapping[str, JSON] | None:
    """Return the placing or the cancellation of an order of `checkout`; None for other orders.

    None also for an order without a sku, because the consumers act on skus. A reason that is unknown is left out.
    """
    if event.data.get("origin") != Origin.CHECKOUT.value:
        return None
    payload = _placed(event.data) if event.type == ORDER_PLACED else _canceled(event)
    if payload is None:
        return None
    return {
        "id": str(event.id),
        "type": event.type,
        "occurredAt": format_timestamp(event.at),
        "aggregate": {"type": "order", "id": str(event.order_id), "version": event.version},
        "payload": {"orderId": str(event.order_id), **payload},
    }


def _placed(data: Mapping[str, Any]) -> dict[str, JSON] | None:
    lines = data.get("lines") or ()  # an event of an earlier release has no lines
    items: list[JSON] = [{"sku": line["sku"], "qty": line["quantity"]} for line in lines if line.get("sku")]
    return {"items": items} if items else None


def _canceled(event: Event) -> dict[str, JSON]:
    reason = event.data.get("reason")
    return {**({} if reason is None else {"reason": reason}), "canceledAt": format_timestamp(event.at)}
