"""Use case: record the payment fact of a provider's message."""

from dataclasses import dataclass
from enum import Enum

from orders_domain.errors import PrerequisiteMissing
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.life import paying
from orders_domain.model.life.payment_message import MessageDiffers, OrderReference, PaymentMessage
from orders_domain.model.life.payments import Payment
from orders_domain.model.order import Order
from orders_domain.model.values.timestamps import ensure_occurred
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.order_cache import OrderCache
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.life.pay_order import record_fact
from orders_domain.use_cases.orders._common import save_and_notify

SCOPE = "payments"
"""The inbox scope of the ids of payment messages."""
PROVIDERS = Actor(subject="payments", role=Role.SYSTEM)


class PaymentOutcome(Enum):
    """The outcome for a message."""

    RECORDED = "recorded"
    KNOWN = "known"  # the fact was recorded before, by another message or over HTTP
    REPEATED = "repeated"  # the message was already handled


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePayment:
    message: PaymentMessage


def receive_payment(
    request: ReceivePayment, *, uow: UnitOfWork, cache: OrderCache, clock: Clock, new_id: NewId
) -> PaymentOutcome:
    """Record the fact once, as ``record_payment`` does.

    Raises:
        InvalidValue: the fact is in the future or in another currency, or its provider, reference or amount is invalid.
        OrderNotFound: the order does not exist.
        PrerequisiteMissing: the fact exceeds the facts that it refers to, which may arrive later.
        FactDiffers: the provider's reference is that of another fact.
        MessageDiffers: the message's id is that of another one, such as of a second provider that counts from 1.
        StaleOrder: a concurrent transaction changed the order.
        StoreUnavailable: the store is unavailable.
    """
    message, now = request.message, clock()
    ensure_occurred(message.occurred_at, now)
    with uow:
        is_new = uow.inbox.record(message.event_id, scope=SCOPE, at=now)
        order = _order_for_update(message, uow)
        message.ensure_fits(order)
        at = max(clock(), order.updated_at)
        fact = Payment(
            id=str(new_id()),
            provider=message.provider,
            reference=message.reference,
            kind=message.kind,
            amount_minor=message.amount_minor,
            occurred_at=message.occurred_at,
            recorded_at=at,
        )
        before = order.status
        try:
            recorded = record_fact(order, fact, by=PROVIDERS, at=at, new_id=new_id)
        except paying.Exceeds as error:
            raise PrerequisiteMissing(f"{error.code}: {error}") from error
        if not is_new:
            if recorded:
                raise MessageDiffers
            return PaymentOutcome.REPEATED
        if order.status is before:  # a user is notified of statuses only
            uow.orders.save(order)
        else:
            save_and_notify(order, by=PROVIDERS, uow=uow)
        uow.commit()
    cache.invalidate({order.id: order.version})
    return PaymentOutcome.RECORDED if recorded else PaymentOutcome.KNOWN


def _order_for_update(message: PaymentMessage, uow: UnitOfWork) -> Order:
    if isinstance(message.order, OrderReference):
        return uow.orders.get_by_reference_for_update(message.order.reference, source=message.order.source)
    return uow.orders.get_for_update(message.order)
