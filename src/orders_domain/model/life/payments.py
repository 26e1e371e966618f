"""Payments and refunds of an order: a ledger of facts from payment providers, and wishes for refunds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from orders_domain.errors import InvalidAmount, InvalidValue
from orders_domain.model.values.json_values import JSON, bounded_text_error, known
from orders_domain.model.values.money import MAX_MINOR_UNITS
from orders_domain.model.values.timestamps import parse_timestamp

MAX_PROVIDER_LENGTH = 64
MAX_FACT_LENGTH = 255


class PaymentKind(Enum):
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"  # of an authorization
    FAILED = "failed"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    CHARGED_BACK = "charged_back"


class RefundState(Enum):
    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A fact of a payment provider, unique by the provider and its reference. It never changes.

    Raises:
        InvalidValue: the provider or the reference is not a string of 1 to 64 or 255 storable characters.
        InvalidAmount: the amount is not a whole number from 1 to 10^12 minor units.
    """

    id: str
    provider: str
    reference: str
    kind: PaymentKind
    amount_minor: int
    occurred_at: datetime
    recorded_at: datetime

    def __post_init__(self) -> None:
        for name, text, longest in (
            ("provider", self.provider, MAX_PROVIDER_LENGTH),
            ("reference", self.reference, MAX_FACT_LENGTH),
        ):
            if error := bounded_text_error(text, max_length=longest):
                raise InvalidValue(f"{name} {error}.", field=name)
        checked_amount(self.amount_minor)

    def same_fact(self, other: Payment) -> bool:
        """Return whether both say the same; the moments may differ."""
        return (self.kind, self.amount_minor) == (other.kind, other.amount_minor)

    def as_json(self) -> dict[str, JSON]:
        return {
            "id": self.id,
            "provider": self.provider,
            "reference": self.reference,
            "kind": self.kind.value,
            "amount_minor": self.amount_minor,
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat(),
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(),
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Payment:
        moments = {name: parse_timestamp(members[name]) for name in ("occurred_at", "recorded_at")}
        return cls(**{**known(cls, members), **moments, "kind": PaymentKind(members["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund that was asked for, by an amount or by units of lines and by charges."""

    id: str
    amount_minor: int
    lines: tuple[tuple[int, int], ...] = ()  # number and quantity
    charges: tuple[int, ...] = ()  # by their number
    reason: str
    state: RefundState = RefundState.REQUESTED
    provider_reference: str | None = None

    def as_json(self) -> dict[str, JSON]:
        return {
            "id": self.id,
            "amount_minor": self.amount_minor,
            "lines": [list(line) for line in self.lines],
            "charges": list(self.charges),
            "reason": self.reason,
            "state": self.state.value,
            "provider_reference": self.provider_reference,
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Refund:
        changed = {
            "lines": tuple((number, quantity) for number, quantity in members["lines"]),
            "charges": tuple(members["charges"]),
            "state": RefundState(members["state"]),
        }
        return cls(**{**known(cls, members), **changed})


@dataclass(frozen=True, slots=True)
class PaymentTotals:
    """Sums of an order's facts, in minor units, and of its refunds that are requested."""

    authorized: int
    captured: int
    refunded: int
    refunding: int

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded - self.refunding


def totals_of(payments: Sequence[Payment], refunds: Sequence[Refund]) -> PaymentTotals:
    if not payments and not refunds:  # a change asks for them several times
        return _NO_PAYMENT
    return PaymentTotals(
        authorized=_sum(payments, PaymentKind.AUTHORIZED) - _sum(payments, PaymentKind.VOIDED),
        captured=_sum(payments, PaymentKind.CAPTURED),
        refunded=_sum(payments, PaymentKind.REFUNDED) + _sum(payments, PaymentKind.CHARGED_BACK),
        refunding=sum(refund.amount_minor for refund in refunds if refund.state is RefundState.REQUESTED),
    )


_NO_PAYMENT = PaymentTotals(authorized=0, captured=0, refunded=0, refunding=0)


def by_provider(payments: Sequence[Payment]) -> dict[str, PaymentTotals]:
    """Return the sums of each provider."""
    providers = dict.fromkeys(payment.provider for payment in payments)
    return {name: totals_of([fact for fact in payments if fact.provider == name], ()) for name in providers}


def checked_amount(amount: object) -> int:
    """Return an amount in minor units.

    Raises:
        InvalidAmount: it is not a whole number from 1 to 10^12.
    """
    if type(amount) is not int or not 1 <= amount <= MAX_MINOR_UNITS:
        raise InvalidAmount(f"Must be a whole number of 1 to {MAX_MINOR_UNITS} minor units.", field="amount_minor")
    return amount


def _sum(payments: Sequence[Payment], kind: PaymentKind) -> int:
    return sum(payment.amount_minor for payment in payments if payment.kind is kind)
