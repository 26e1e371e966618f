"""Shipping address of an order."""

from __future__ import annotations

from dataclasses import dataclass, fields

from orders_domain.errors import InvalidValue
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.typed_text import trim

MAX_LENGTHS = {"line1": 255, "line2": 255, "city": 100, "state": 100, "postal_code": 20, "country": 100}
"""The maximum length of each part, in characters (clause 002-19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A shipping address; all parts except ``line2`` are required.

    Raises:
        InvalidValue: a part is missing, blank, too long or not storable; ``field`` names the part.
    """

    line1: str
    city: str
    state: str
    postal_code: str
    country: str
    line2: str | None = None

    def __post_init__(self) -> None:
        for part in fields(self):
            text = getattr(self, part.name)
            if text is None and part.name == "line2":
                continue
            if not isinstance(text, str) or not trim(text):
                raise InvalidValue("This part of an address must not be blank.", field=part.name)
            if len(text) > MAX_LENGTHS[part.name]:
                raise InvalidValue(f"Must have at most {MAX_LENGTHS[part.name]} characters.", field=part.name)
            if error := text_error(text):
                raise InvalidValue(f"The text {error}.", field=part.name)

    def as_dict(self) -> dict[str, str | None]:
        """Return the parts by name: ``Address(**address.as_dict()) == address``."""
        return {part.name: getattr(self, part.name) for part in fields(self)}
