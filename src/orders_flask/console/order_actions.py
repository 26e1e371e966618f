"""Actions on one order, each by a form of its page; a failed one shows the form again, with the reason beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from flask import Blueprint, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from orders_domain.errors import InvalidValue, Kind, OrdersError, Unavailable
from orders_domain.model.idempotency import DuplicateRequest
from orders_domain.model.life.payments import PaymentKind
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.order import Order
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import (
    AnnotateOrder,
    AuthorizeReturn,
    CancelUnits,
    ConfirmOrder,
    HoldOrder,
    ReceiveReturn,
    RecordPayment,
    RecordShipmentEvent,
    RefuseReturn,
    ReleaseOrder,
    RequestRefund,
    RetryRefund,
    ShipUnits,
)
from orders_flask.console.forms import amount_minor, expected_versions, form_key, text, units
from orders_flask.console.order import Failure, find_order, order_page
from orders_flask.console.pages import to
from orders_flask.web.context import actor, use_cases
from orders_flask.web.error_handlers import described

Change: TypeAlias = dict[str, Any]
"""The fields that every change has: actor, versions and key."""
_NOT_BESIDE_A_FORM = (Kind.NOT_FOUND, Kind.UNAUTHENTICATED, Kind.UNAVAILABLE, Kind.RATE_LIMITED)


def register(console: Blueprint) -> None:
    console.post("/orders/<order_ref>/<action>")(act)


def act(order_ref: str, action: str) -> Response:
    """Perform the action of a form, once for the key of the form."""
    if action not in _ACTIONS:
        raise NotFound("The console has no such action.")
    perform, done = _ACTIONS[action]
    ref = parse_order_ref(order_ref)
    change = {"actor": actor(), "order_id": ref, "versions": expected_versions()}
    try:
        perform({**change, "idempotency_key": form_key()})
    except DuplicateRequest:
        pass  # the first request with the form has done it
    except OrdersError as error:
        if isinstance(error, Unavailable) or error.kind in _NOT_BESIDE_A_FORM:
            raise
        return order_page(ref, failure=_failure(error, action))
    return to("order", order_ref=order_ref, notice=done)


def _failure(error: OrdersError, action: str) -> Failure:
    problem = described(error)
    detail = problem.detail
    if error.kind is Kind.PRECONDITION:
        detail = "The order was changed meanwhile, and is shown as it is now. Check it, and repeat the action."
    return Failure(form=text("form") or action, text=detail, status=problem.status, values=request.form)


def _confirm(change: Change) -> Order:
    return use_cases().confirm_order(ConfirmOrder(**change))


def _ship(change: Change) -> Order:
    carrier, tracking = text("carrier") or None, text("tracking_number") or None
    return use_cases().ship_units(ShipUnits(**change, lines=units(), carrier=carrier, tracking_number=tracking))


def _cancel(change: Change) -> Order:
    return use_cases().cancel_units(CancelUnits(**change, lines=units(), reason=text("reason")))


def _hold(change: Change) -> Order:
    return use_cases().hold_order(HoldOrder(**change, reason=text("reason")))


def _release(change: Change) -> Order:
    return use_cases().release_order(ReleaseOrder(**change))


def _note(change: Change) -> Order:
    internal = text("visibility") != "customer"
    return use_cases().annotate_order(AnnotateOrder(**change, note=request.form.get("text", ""), internal=internal))


def _tags(change: Change) -> Order:
    tags = tuple(tag.strip() for tag in text("tags").split(",") if tag.strip())
    return use_cases().annotate_order(AnnotateOrder(**change, tags=tags))


def _record_payment(change: Change) -> Order:
    fact = RecordPayment(
        **change,
        provider=text("provider"),
        reference=text("reference"),
        kind=PaymentKind(_choice("kind", PaymentKind)),
        amount_minor=amount_minor("amount", _currency(change)) or 0,
    )
    return use_cases().record_payment(fact)


def _refund(change: Change) -> Order:
    lines = units()
    amount = amount_minor("amount", _currency(change))
    refund = RequestRefund(**change, reason=text("reason"), amount_minor=amount, lines=lines or None)
    return use_cases().request_refund(refund)


def _retry_refund(change: Change) -> Order:
    return use_cases().retry_refund(RetryRefund(**change, refund_id=text("of")))


def _record_event(change: Change) -> Order:
    del change["order_id"]
    event = RecordShipmentEvent(
        **change,
        shipment_id=_id("of"),
        event_id=f"console-{uuid4()}",
        state=ShipmentState(_choice("state", ShipmentState)),
        occurred_at=datetime.now(UTC),
        text=text("text") or None,
    )
    return use_cases().record_shipment_event(event)


def _authorize_return(change: Change) -> Order:
    return use_cases().authorize_return(AuthorizeReturn(**change, lines=units(), reason=text("reason")))


def _receive_return(change: Change) -> Order:
    del change["order_id"]
    parts = [(number, quantity, True) for number, quantity in units("restock").items()]
    parts += [(number, quantity, False) for number, quantity in units("write_off").items()]
    return use_cases().receive_return(ReceiveReturn(**change, return_id=_id("of"), received=tuple(parts)))


def _refuse_return(change: Change) -> Order:
    del change["order_id"]
    return use_cases().refuse_return(RefuseReturn(**change, return_id=_id("of"), reason=text("reason")))


_ACTIONS: Mapping[str, tuple[Callable[[Change], Order], str]] = {
    "confirm": (_confirm, "The order is confirmed."),
    "ship": (_ship, "The units are shipped."),
    "cancel": (_cancel, "The units are cancelled."),
    "hold": (_hold, "The order is held."),
    "release": (_release, "The order is released from its hold."),
    "note": (_note, "The note is added."),
    "tags": (_tags, "The tags are set."),
    "record_payment": (_record_payment, "The payment is recorded."),
    "refund": (_refund, "The refund is asked for."),
    "retry_refund": (_retry_refund, "The refund is asked for again."),
    "record_event": (_record_event, "The event of the parcel is recorded."),
    "return": (_authorize_return, "The return is authorized."),
    "receive_return": (_receive_return, "The units of the return are received."),
    "refuse_return": (_refuse_return, "The rest of the return is refused."),
}
"""The function of each action, and the notice afterwards."""


def _currency(change: Change) -> str:
    currency: str = find_order(change["order_id"]).total.currency
    return currency


def _choice(name: str, members: Any) -> str:
    values = [member.value for member in members]
    if (chosen := text(name)) not in values:
        raise InvalidValue(f"{name} must be one of: {', '.join(values)}.", field=name)
    return chosen


def _id(name: str) -> UUID:
    with suppress(ValueError):
        return UUID(text(name))
    raise NotFound("There is no such part of the order.")
