"""Rules of the JSON in which orders and their histories are stored. A test compares them with the stored classes.

Amounts, quantities, statuses, products and the references of payments are kept for the books. Texts that a
sender may fill with anything are not.
"""

from __future__ import annotations

from collections.abc import Mapping

from orders_domain.model import history
from orders_domain.model.personal.cart import CART, ITEM
from orders_domain.model.personal.fates import Each, Fate, Rule, rules
from orders_domain.model.values.total_table import total_table

_UNCHANGED, _PLAIN, _NULLED, _REPLACED, _EMPTIED = Fate.UNCHANGED, Fate.PLAIN, Fate.NULLED, Fate.REPLACED, Fate.EMPTIED


ADDRESS = rules(_NULLED, "line1 line2 city state postal_code country")
CONTACT = rules(_NULLED, "name email phone language shipping billing")
CHARGE: Mapping[str, Rule] = {**rules(_UNCHANGED, "kind amount_minor code line included"), "text": _REPLACED}
PAYMENT = rules(_UNCHANGED, "id provider reference kind amount_minor occurred_at recorded_at")
REFUND: Mapping[str, Rule] = {
    **rules(_UNCHANGED, "id amount_minor lines charges state provider_reference"),
    "reason": _REPLACED,
}
SHIPMENT_EVENT: Mapping[str, Rule] = {**rules(_UNCHANGED, "event_id state occurred_at"), "text": _NULLED}
SHIPMENT: Mapping[str, Rule] = {
    **rules(_UNCHANGED, "id number lines carrier state"),
    "tracking_number": _NULLED,  # with it the carrier shows the address
    "events": Each(SHIPMENT_EVENT),
}
RETURN: Mapping[str, Rule] = {
    **rules(_UNCHANGED, "id lines state received"),
    **rules(_REPLACED, "reason refusal"),
}
HOLD: Mapping[str, Rule] = {**rules(_UNCHANGED, "by at"), "reason": _REPLACED}  # ``by`` is the actor of its entry
LIFE: Mapping[str, Rule] = {
    **rules(_UNCHANGED, "marked_paid counters expires_at shipment_state unread products canceled_at"),
    **rules(_EMPTIED, "tags metadata"),
    "hold": HOLD,
    "payments": Each(PAYMENT),
    "refunds": Each(REFUND),
    "shipments": Each(SHIPMENT),
    "returns": Each(RETURN),
    "later": Fate.REMOVED,  # nobody knows what is in it
}
ORDER: Mapping[str, Rule] = {
    **rules(_UNCHANGED, "id number origin status version created_at updated_at deleted_at total lines"),
    **rules(_UNCHANGED, "shipment_id source reference"),  # ids of the shop's and the carrier's own systems
    **rules(_NULLED, "user_id address contact"),
    "items": Each(ITEM),
    "cart": CART,
    "charges": Each(CHARGE),
    "cancellation_reason": _REPLACED,
    "life": LIFE,
}
ENTRY: Mapping[str, Rule] = {
    **rules(_UNCHANGED, "order_id version kind at role from_status to_status"),
    "actor": _REPLACED,  # if it is the subject; the staff's are kept
    **rules(_NULLED, "request_id traceparent"),
    "details": _UNCHANGED,  # see DETAILS
}

_REASON: Mapping[str, Rule] = {"reason": _REPLACED}
_PAID: Mapping[str, Rule] = {"payment": PAYMENT, "refund": REFUND}
DETAILS: Mapping[str, Mapping[str, Rule]] = total_table(
    history.KINDS,
    {
        history.PLACED: {**ORDER, **rules(_UNCHANGED, "total_minor currency")},
        history.STATUS_CHANGED: _REASON,
        history.CANCELED: _REASON,
        history.DELETED: {},
        history.LINES_CANCELED: {"lines": _UNCHANGED, **_REASON},
        history.HELD: _REASON,
        history.RELEASED: {},
        history.ANNOTATED: {
            "note": {"text": _REPLACED, "visibility": _UNCHANGED},
            **rules(_EMPTIED, "tags metadata"),
        },
        history.PAYMENT_RECORDED: _PAID,
        history.REFUND_REQUESTED: _PAID,
        history.REFUND_SETTLED: _PAID,
        history.EXPIRED: _REASON,
        history.SHIPMENT_CREATED: {"shipment": SHIPMENT},
        history.SHIPMENT_CHANGED: {"shipment_id": _UNCHANGED, "event": SHIPMENT_EVENT},
        history.RETURN_AUTHORIZED: {"return": RETURN},
        history.RETURN_RECEIVED: {"return_id": _UNCHANGED, "received": _UNCHANGED},
        history.RETURN_REFUSED: {"return_id": _UNCHANGED, **_REASON},
        history.ERASED: {},
    },
)
"""The rules of the details of each kind of history entry."""
