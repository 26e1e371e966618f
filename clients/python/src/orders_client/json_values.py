"""JSON of requests and responses, as dataclasses: absent members, moments with an offset, values of later releases."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from pydantic import TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Return the value as it is sent. An optional member that is None is not sent.

    Raises:
        ValueError: a moment has no offset from UTC.
    """
    if is_dataclass(value) and not isinstance(value, type):
        members = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: to_json(member) for field, member in members if member is not None or _is_required(field)}
    match value:
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"The moment {value} must have an offset from UTC.")
            return value.isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case list() | tuple():
            return [to_json(element) for element in value]
        case Mapping():
            return {name: to_json(member) for name, member in value.items()}
    return value


def from_json(kind: type[T], value: Any) -> T:
    """Return the parsed JSON as an object of the type; members that the type does not have are ignored.

    Raises:
        ValueError: a member is missing, or is of another type.
    """
    parsed: T = _adapter(cast(Any, kind)).validate_python(value)
    return parsed


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING


def _or_as_it_is(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        if isinstance(value, str):
            return value
        raise


Open = Annotated[T, WrapValidator(_or_as_it_is)]
"""A `Literal` for the type checker; a word that a later release of the service adds is read, too."""
