"""Schema fields that the contracts share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import marshmallow
from marshmallow import fields, validate

from orders_domain.currencies import DECIMALS
from orders_domain.money import Money, exact_decimal
from orders_domain.status import Vocabulary
from orders_domain.text import flaw_in_text


class SafeString(fields.String):
    """A string that every store gives back as it was."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if flaw := flaw_in_text(text):
            raise marshmallow.ValidationError(f"The text {flaw}.")
        return text


class Number(fields.Field[Any]):
    """A JSON number, kept as it was written; a string or a boolean is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if exact_decimal(value) is None:
            raise marshmallow.ValidationError("Not a number.")
        return value


class Timestamp(fields.Field[datetime]):
    """A moment as RFC 3339 writes it, in UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat().replace("+00:00", "Z") if value else None


class Amount(fields.Field[Money]):
    """Money as a JSON number of major units; the currency stands beside it."""

    def _serialize(self, value: Money | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return float(value.amount) if value else None


def currency(**metadata: Any) -> fields.String:
    """Return the field of an ISO 4217 code."""
    return fields.String(
        validate=validate.OneOf(sorted(DECIMALS), error="Not an ISO 4217 code in use."),
        metadata={"example": "USD", **metadata},
    )


def status(vocabulary: Vocabulary, **arguments: Any) -> fields.String:
    """Return the field of a contract's status words."""
    words = list(dict.fromkeys(vocabulary.words.values()))
    return fields.String(validate=validate.OneOf(words), **arguments)
