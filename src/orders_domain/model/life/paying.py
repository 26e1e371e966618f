"""Changes of an order by payment facts and refunds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from orders_domain.errors import InvalidValue, Kind, OrdersError
from orders_domain.model import history
from orders_domain.model.life.changes import EXPIRED, NotAllowed, cancelled_minor, has_expired
from orders_domain.model.life.lines import order_shares, quantities
from orders_domain.model.life.payments import (
    Payment,
    PaymentKind,
    Refund,
    RefundState,
    by_provider,
    checked_amount,
    totals_of,
)
from orders_domain.model.life.state import checked_reason
from orders_domain.model.life.subject import Subject
from orders_domain.model.status import TRANSITIONS, OrderStatus

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor

SETTLING = {PaymentKind.REFUNDED: RefundState.SUCCEEDED, PaymentKind.REFUND_FAILED: RefundState.FAILED}


class FactDiffers(OrdersError):
    """The provider's reference is that of another fact, of this order or of another one."""

    kind = Kind.CONFLICT
    code = "fact_differs"

    def __init__(self) -> None:
        super().__init__("This provider's reference was recorded with another kind, amount or order.")


class Exceeds(NotAllowed):
    """The fact exceeds the facts that it refers to."""

    code = "exceeds"


class ExceedsCaptured(NotAllowed):
    """The refund exceeds what is captured and neither refunded nor asked for."""

    code = "exceeds_captured"

    def __init__(self, amount: int, order: Subject) -> None:
        self.left_minor = order.life.totals.refundable
        super().__init__(f"A refund of {amount} minor units exceeds the {self.left_minor} that are left.", order)


class RefundNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "refund_not_found"

    def __init__(self) -> None:
        super().__init__("The order has no such refund.")


def record_payment(order: Subject, fact: Payment, *, by: Actor, at: datetime) -> bool:
    """Record the fact, and set the status PAID if what is due is captured; return False for the same fact again.

    A fact about a refund settles the oldest requested refund of its amount, if there is one.

    Raises:
        FactDiffers: another fact has the provider's reference.
        Exceeds: more would be captured than a provider has authorized, voided than is not captured, or refunded than is
            captured.
    """
    for known in order.life.payments:
        if (known.provider, known.reference) == (fact.provider, fact.reference):
            if known.same_fact(fact):
                return False
            raise FactDiffers
    settled = _settled_by(order, fact)
    _ensure_bounds(order, fact, settled)
    details = {"payment": fact.as_json()}
    kind = history.PAYMENT_RECORDED
    if settled:
        kind = history.REFUND_SETTLED
        details["refund"] = replace(settled, state=SETTLING[fact.kind], provider_reference=fact.reference).as_json()
    captured = totals_of((*order.life.payments, fact), ()).captured
    pays = fact.kind is PaymentKind.CAPTURED and captured >= order.total.minor - cancelled_minor(order)
    status = OrderStatus.PAID if pays and OrderStatus.PAID in TRANSITIONS[order.status] else None
    order.record(kind, details, status=status, by=by, at=at)
    return True


def request_refund(
    order: Subject,
    refund_id: str,
    *,
    amount_minor: int | None,
    lines: Mapping[int, int] | None,
    charges: Sequence[int],
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """Ask for a refund of an amount, or of units and charges at their shares of the total.

    Raises:
        ExceedsCaptured: more than is captured and neither refunded nor asked for.
        NotAllowed: units of a line or a charge are refunded already.
        InvalidValue: neither or both of an amount and lines, no such line or charge, or an invalid amount or reason.
    """
    text = checked_reason(reason)
    if (amount_minor is None) == (not lines and not charges):
        raise InvalidValue("A refund must have either amount_minor, or lines or charges.", field="amount_minor")
    amount = checked_amount(amount_minor if amount_minor is not None else _value(order, lines or {}, charges))
    if amount > order.life.totals.refundable:
        raise ExceedsCaptured(amount, order)
    refund = Refund(
        id=refund_id,
        amount_minor=amount,
        lines=tuple(sorted((lines or {}).items())),
        charges=tuple(charges),
        reason=text,
    )
    order.record(history.REFUND_REQUESTED, {"refund": refund.as_json()}, by=by, at=at)


def refund_expired(order: Subject, refund_id: str, *, by: Actor, at: datetime) -> bool:
    """Ask for a refund of all that an expired order has captured and not refunded; return False if there is nothing."""
    amount = order.life.totals.refundable
    if not has_expired(order) or amount <= 0:
        return False
    refund = Refund(id=refund_id, amount_minor=amount, reason=EXPIRED)
    order.record(history.REFUND_REQUESTED, {"refund": refund.as_json()}, by=by, at=at)
    return True


def retry_refund(order: Subject, refund_id: str, *, by: Actor, at: datetime) -> None:
    """Ask for a failed refund again.

    Raises:
        RefundNotFound: the order has no such refund.
        NotAllowed: it has not failed, or its units or charges were refunded meanwhile.
        ExceedsCaptured: more than is captured and neither refunded nor asked for.
    """
    refund = next((refund for refund in order.life.refunds if refund.id == refund_id), None)
    if refund is None:
        raise RefundNotFound
    if refund.state is not RefundState.FAILED:
        raise NotAllowed(f"The refund is {refund.state.value}; only a failed one can be asked for again.", order)
    _value(order, dict(refund.lines), refund.charges)
    if refund.amount_minor > order.life.totals.refundable:
        raise ExceedsCaptured(refund.amount_minor, order)
    again = replace(refund, state=RefundState.REQUESTED, provider_reference=None)
    order.record(history.REFUND_REQUESTED, {"refund": again.as_json()}, by=by, at=at)


def _settled_by(order: Subject, fact: Payment) -> Refund | None:
    if fact.kind not in SETTLING:
        return None
    waiting = (refund for refund in order.life.refunds if refund.state is RefundState.REQUESTED)
    return next((refund for refund in waiting if refund.amount_minor == fact.amount_minor), None)


def _ensure_bounds(order: Subject, fact: Payment, settled: Refund | None) -> None:
    payments = (*order.life.payments, fact)
    provider = by_provider(payments)[fact.provider]
    authorizes = any(known.kind is PaymentKind.AUTHORIZED and known.provider == fact.provider for known in payments)
    if provider.authorized < 0 or (authorizes and provider.captured > provider.authorized):
        raise Exceeds(
            f"{fact.provider} would have captured {provider.captured} of {provider.authorized} authorized minor units.",
            order,
        )
    waiting = [refund for refund in order.life.refunds if refund is not settled]
    after = totals_of(payments, waiting)
    if fact.kind in (PaymentKind.REFUNDED, PaymentKind.CHARGED_BACK) and after.refundable < 0:
        left = order.life.totals.refundable + (settled.amount_minor if settled else 0)
        raise Exceeds(f"{fact.amount_minor} minor units exceed the {left} that are captured and not refunded.", order)


def _value(order: Subject, lines: Mapping[int, int], charges: Sequence[int]) -> int:
    """Return the amount of units and charges that are not refunded; the earliest units of a line go first."""
    frozen, sizes = order_shares(order), quantities(order)
    standing = [refund for refund in order.life.refunds if refund.state is not RefundState.FAILED]
    amount = 0
    for number, units in lines.items():
        if type(number) is not int or not 1 <= number <= len(sizes) or type(units) is not int or units < 1:
            raise InvalidValue(f"Must be units of a line, 1 to {len(sizes)}.", field="lines")
        first = sum(dict(refund.lines).get(number, 0) for refund in standing)
        if first + units > sizes[number - 1]:
            raise NotAllowed(f"Line {number} has {sizes[number - 1] - first} units that are not refunded.", order)
        amount += frozen.of_units(number - 1, sizes[number - 1], first=first, units=units)
    refunded = {number for refund in standing for number in refund.charges}
    for number in charges:
        if number not in frozen.by_charge or list(charges).count(number) > 1:
            raise InvalidValue(
                f"A charge that is refunded by itself must be one of {sorted(frozen.by_charge)}.", field="charges"
            )
        if number in refunded:
            raise NotAllowed(f"The charge {number} is refunded already.", order)
        amount += frozen.by_charge[number]
    return amount
