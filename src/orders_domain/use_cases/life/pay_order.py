"""Use cases: record payment facts, and ask for refunds. The service moves no money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from orders_domain.model.access_rules import Action
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.life import paying
from orders_domain.model.life.payments import Payment, PaymentKind
from orders_domain.model.order import Order
from orders_domain.model.values.timestamps import ensure_occurred
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.life.change_order import LifeRequest, changed_order


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayment(LifeRequest):
    """A fact of a provider. Without ``occurred_at`` it occurred now."""

    provider: str
    reference: str
    kind: PaymentKind
    amount_minor: int
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefund(LifeRequest):
    """A refund of an amount, or of units by the number of their line, and of charges by their number."""

    reason: str
    amount_minor: int | None = None
    lines: Mapping[int, int] | None = None
    charges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRefund(LifeRequest):
    """A failed refund to ask for again."""

    refund_id: str


def payment_id(order_id: UUID, key: IdempotencyKey) -> str:
    """Return the id of the payment that a request records, by which it knows whether it was the first with the fact."""
    return str(uuid5(order_id, f"{key.subject} {key.scope} {key.key}"))


def record_payment(request: RecordPayment, *, uow: UnitOfWork, cache: OrderCache, clock: Clock, new_id: NewId) -> Order:
    """Return the order with the fact, which is recorded once; PAID as soon as what is due is captured.

    A capture of an order that has expired makes a second change: it asks for the refund of what is captured.

    Raises:
        FactDiffers: the provider's reference is that of another fact.
        Exceeds: more than is authorized, captured or not refunded.
        InvalidValue: the provider, the reference or the amount is not valid, or the fact is in the future.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def record(order: Order) -> None:
        at = max(clock(), order.updated_at)
        if request.occurred_at:
            ensure_occurred(request.occurred_at, at)
        fact = Payment(
            id=payment_id(order.id, request.idempotency_key) if request.idempotency_key else str(new_id()),
            provider=request.provider,
            reference=request.reference,
            kind=request.kind,
            amount_minor=request.amount_minor,
            occurred_at=request.occurred_at or at,
            recorded_at=at,
        )
        record_fact(order, fact, by=request.actor, at=at, new_id=new_id)

    return changed_order(request, Action.RECORD, record, uow=uow, cache=cache, clock=clock)


def record_fact(order: Order, fact: Payment, *, by: Actor, at: datetime, new_id: NewId) -> bool:
    """Record the fact, and ask for its refund if it is a capture of an order that has expired; False if it is known.

    Raises:
        FactDiffers, Exceeds: see ``record_payment``.
    """
    recorded = paying.record_payment(order, fact, by=by, at=at)
    if recorded and fact.kind is PaymentKind.CAPTURED:
        paying.refund_expired(order, str(new_id()), by=by, at=at)
    return recorded


def request_refund(request: RequestRefund, *, uow: UnitOfWork, cache: OrderCache, clock: Clock, new_id: NewId) -> Order:
    """Return the order with the refund; its event asks a payment service to refund.

    Raises:
        ExceedsCaptured: more than is captured and neither refunded nor asked for.
        NotAllowed: units of a line or a charge are refunded already.
        InvalidValue: neither or both of an amount and lines, no such line or charge, or an invalid amount or reason.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def ask(order: Order) -> None:
        paying.request_refund(
            order,
            str(new_id()),
            amount_minor=request.amount_minor,
            lines=request.lines,
            charges=request.charges,
            reason=request.reason,
            by=request.actor,
            at=clock(),
        )

    return changed_order(request, Action.REFUND, ask, uow=uow, cache=cache, clock=clock)


def retry_refund(request: RetryRefund, *, uow: UnitOfWork, cache: OrderCache, clock: Clock) -> Order:
    """Return the order with the failed refund requested again.

    Raises:
        RefundNotFound: the order has no such refund.
        NotAllowed, ExceedsCaptured: it has not failed, or exceeds what is left.
        OrderNotFound, ActionNotPermitted, OrderVersionMismatch, StoreUnavailable: see ``hold_order``.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``IdempotencyKeys.acquire``.
    """

    def again(order: Order) -> None:
        paying.retry_refund(order, request.refund_id, by=request.actor, at=clock())

    return changed_order(request, Action.REFUND, again, uow=uow, cache=cache, clock=clock)
