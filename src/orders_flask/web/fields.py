"""Schema fields shared by the contracts."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

import marshmallow
from marshmallow import fields, validate

from orders_domain.errors import InvalidValue
from orders_domain.model.analytics import parse_zone
from orders_domain.model.order import MAX_REASON_LENGTH
from orders_domain.model.status import StatusVocabulary
from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS, STORED_DIGITS
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.money import Money, to_decimal
from orders_domain.model.values.timestamps import TimeRange, parse_time_range
from orders_domain.model.values.typed_text import INVISIBLE, trim
from orders_domain.model.values.user_ids import as_number
from orders_flask.web.context import integer_user_ids

NO_NUL = r"^[^\x00]*$"
NOT_BLANK = rf"^[^\x00]*[^\x00\s{INVISIBLE}][^\x00]*$"
"""The JSON Schema pattern that is equivalent to ``not_blank``."""

_DIGITS = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?")
_DATE_OR_DATETIME = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


class NoQuery(marshmallow.Schema):
    """Query of a list without parameters, so that any parameter is rejected."""


class SafeString(fields.String):
    """A string that every store returns unchanged: no NUL and no lone surrogates."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if error := text_error(text):
            raise marshmallow.ValidationError(f"The text {error}.")
        return text


def text_field(
    longest: int, *, least: int = 1, pattern: str = NO_NUL, description: str | None = None, **arguments: Any
) -> SafeString:
    """Return a field for a text of ``least`` to ``longest`` characters; ``pattern`` is documented only."""
    described = {} if description is None else {"description": description}
    length = validate.Length(min=least, max=longest)
    return SafeString(validate=length, metadata={"pattern": pattern, **described}, **arguments)


class TrimmedString(SafeString):
    """A text that people type: white space around it is removed before its length is validated."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return trim(super()._deserialize(value, attr, data, **kwargs))


class BoundedList(fields.List[Any]):
    """A list of ``least`` to ``limit`` elements; the length is checked before any element is validated."""

    def __init__(self, element: fields.Field[Any], *, limit: int, least: int = 1, **arguments: Any) -> None:
        super().__init__(element, validate=validate.Length(min=least, max=limit), **arguments)
        self._least, self._limit = least, limit

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self._limit:
            raise marshmallow.ValidationError(f"Length must be between {self._least} and {self._limit}.")
        elements: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        return elements


class UserIdResponse(fields.String):
    """The id of a user in a response: a string, or with ``USER_IDS=integer`` a number if it is a whole one."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return as_number(value) if integer_user_ids() else value


class StrictNumber(fields.Field[Any]):
    """A JSON number, unchanged; strings and booleans are rejected."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if to_decimal(value) is None:
            raise marshmallow.ValidationError("Must be a number.")
        return value


class StrictInteger(fields.Integer):
    """A 64-bit JSON integer; strings, booleans and 1.0 are rejected."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or not -(2**63) <= value < 2**63:
            raise marshmallow.ValidationError("Must be an integer.")
        return value


class QueryInteger(fields.Integer):
    """An integer in a query string, in decimal digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not _DIGITS.fullmatch(value):
            raise marshmallow.ValidationError("Must be an integer.")
        return int(value)


class Timestamp(fields.Field[datetime]):
    """An RFC 3339 timestamp in UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat().replace("+00:00", "Z") if value else None


class DateOrDateTime(fields.Field[TimeRange]):
    """An ISO 8601 date or datetime; without an offset it is UTC."""

    def __init__(self, *, description: str = "An ISO 8601 date or datetime; UTC if it has no offset.") -> None:
        super().__init__(metadata=_DATE_OR_DATETIME | {"description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> TimeRange:
        try:
            return parse_time_range(value)
        except ValueError:
            raise marshmallow.ValidationError("Must be an ISO 8601 date or datetime.") from None


class AmountParameter(fields.Field[Decimal]):
    """An amount in a query string."""

    def __init__(self, *, description: str) -> None:
        pattern = f"^{_DECIMAL.pattern}$"
        super().__init__(metadata={"type": "string", "pattern": pattern, "description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        if not _DECIMAL.fullmatch(value):
            raise marshmallow.ValidationError("Must be an amount with at most 16 digits and 4 decimals.")
        return Decimal(value)


class Amount(fields.Field[Money]):
    """Money as a JSON number of major units; the currency is a separate field."""

    def _serialize(self, value: Money | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return float(value.amount) if value else None


def not_blank(text: str | None) -> None:
    if text is not None and not trim(text):
        raise marshmallow.ValidationError("Must not be blank.")


def currency(*, withdrawn: bool = False, **metadata: Any) -> fields.String:
    """Return a field for an ISO 4217 currency code; ``example=None`` is for an optional filter.

    With ``withdrawn`` the code may be one in which orders are stored and no longer placed.
    """
    codes = sorted(STORED_DIGITS if withdrawn else MINOR_UNIT_DIGITS)
    described = {"example": "USD", **metadata}
    return fields.String(
        validate=validate.OneOf(codes, error="Must be an ISO 4217 currency code."),
        metadata={name: value for name, value in described.items() if value is not None},
    )


def cursor(description: str, *, length: int = 32, **arguments: Any) -> fields.String:
    """Return a field for a list's cursor of ``length`` characters; ``pagination`` validates its content."""
    shape = {"pattern": f"^[A-Za-z0-9_-]{{{length}}}$", "description": description}
    return fields.String(metadata=shape, **arguments)


class TimeZone(fields.Field[tzinfo]):
    """The name of a time zone of the IANA database."""

    def __init__(self) -> None:
        super().__init__(
            metadata={
                "type": "string",
                "default": "UTC",
                "description": "The IANA time zone of dates and of times without an offset; by default UTC.",
            },
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> tzinfo:
        try:
            return parse_zone(value)
        except InvalidValue as error:
            raise marshmallow.ValidationError(str(error)) from None


def reason() -> SafeString:
    """Return a field for the reason of a cancellation."""
    return SafeString(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_REASON_LENGTH),
        metadata={"maxLength": MAX_REASON_LENGTH, "pattern": NO_NUL, "description": "Of a cancellation only."},
    )


def status(vocabulary: StatusVocabulary, **arguments: Any) -> fields.String:
    """Return a field for the status names of a contract."""
    words = list(dict.fromkeys(vocabulary.names.values()))
    return fields.String(validate=validate.OneOf(words), **arguments)
