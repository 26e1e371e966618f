"""Schema fields that the contracts share."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import marshmallow
from marshmallow import fields, validate

from orders_domain.model.currencies import MINOR_UNIT_DIGITS
from orders_domain.model.json_values import text_error
from orders_domain.model.money import Money, to_decimal
from orders_domain.model.status import StatusVocabulary
from orders_domain.model.timestamps import TimeRange, parse_time_range

NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\x00\s][^\x00]*$"
"""As JSON Schema says ``not_blank`` of a ``SafeString``."""

_DIGITS = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?")
_MOMENTS = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


class SafeString(fields.String):
    """A string that every store gives back as it was."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if flaw := text_error(text):
            raise marshmallow.ValidationError(f"The text {flaw}.")
        return text


class BoundedList(fields.List[Any]):
    """A list of at least one and at most so many elements, counted before any is read."""

    def __init__(self, element: fields.Field[Any], *, limit: int, **arguments: Any) -> None:
        super().__init__(element, validate=validate.Length(min=1, max=limit), **arguments)
        self._limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self._limit:
            raise marshmallow.ValidationError(f"Length must be between 1 and {self._limit}.")
        elements: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        return elements


class StrictNumber(fields.Field[Any]):
    """A JSON number, kept as it was written; a string or a boolean is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if to_decimal(value) is None:
            raise marshmallow.ValidationError("Not a number.")
        return value


class WholeNumber(fields.Integer):
    """A JSON integer of 64 bits; a string, a boolean and 1.0 are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or not -(2**63) <= value < 2**63:
            raise marshmallow.ValidationError("Not a whole number.")
        return value


class QueryInteger(fields.Integer):
    """A whole number in a query string, in plain digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not _DIGITS.fullmatch(value):
            raise marshmallow.ValidationError("Not a whole number.")
        return int(value)


class Timestamp(fields.Field[datetime]):
    """A moment as RFC 3339 writes it, in UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat().replace("+00:00", "Z") if value else None


class DateOrDateTime(fields.Field[TimeRange]):
    """An ISO 8601 date or datetime; one without an offset is UTC's."""

    def __init__(self, *, description: str = "An ISO date or datetime, of UTC.") -> None:
        super().__init__(metadata=_MOMENTS | {"description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> TimeRange:
        try:
            return parse_time_range(value)
        except ValueError:
            raise marshmallow.ValidationError("Not an ISO 8601 date or datetime.") from None


class AmountParameter(fields.Field[Decimal]):
    """An amount in a query string."""

    def __init__(self, *, description: str) -> None:
        pattern = f"^{_DECIMAL.pattern}$"
        super().__init__(metadata={"type": "string", "pattern": pattern, "description": description, "example": "7.5"})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        if not _DECIMAL.fullmatch(value):
            raise marshmallow.ValidationError("Not an amount.")
        return Decimal(value)


class Amount(fields.Field[Money]):
    """Money as a JSON number of major units; the currency stands beside it."""

    def _serialize(self, value: Money | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return float(value.amount) if value else None


def not_blank(text: str | None) -> None:
    if text is not None and not text.strip():
        raise marshmallow.ValidationError("Cannot be blank.")


def currency(**metadata: Any) -> fields.String:
    """Return the field of an ISO 4217 code."""
    return fields.String(
        validate=validate.OneOf(sorted(MINOR_UNIT_DIGITS), error="Not an ISO 4217 code in use."),
        metadata={"example": "USD", **metadata},
    )


def cursor(description: str, **arguments: Any) -> fields.String:
    """Return the field of a list's place; whether it is one of ours, ``paging`` says."""
    shape = {"pattern": "^[A-Za-z0-9_-]{32}$", "description": description}
    return fields.String(metadata=shape, **arguments)


def status(vocabulary: StatusVocabulary, **arguments: Any) -> fields.String:
    """Return the field of a contract's status words."""
    words = list(dict.fromkeys(vocabulary.names.values()))
    return fields.String(validate=validate.OneOf(words), **arguments)
