"""Where an order goes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from orders_domain.errors import InvalidValue
from orders_domain.model.json_values import text_error

MAX_LENGTHS = {"line1": 255, "line2": 255, "city": 100, "state": 100, "postal_code": 20, "country": 100}
"""The most characters of each part (clause 002-19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A shipping address; all parts but ``line2`` are needed.

    Raises:
        Refused: a part is missing, blank, too long or not storable; ``field`` names the part.
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
            if not isinstance(text, str) or not text.strip():
                raise InvalidValue("This part of an address cannot be blank.", field=part.name)
            if len(text) > MAX_LENGTHS[part.name]:
                raise InvalidValue(f"At most {MAX_LENGTHS[part.name]} characters.", field=part.name)
            if flaw := text_error(text):
                raise InvalidValue(f"The text {flaw}.", field=part.name)

    def as_dict(self) -> dict[str, str | None]:
        """Return the parts by name: ``Address(**address.parts()) == address``."""
        return asdict(self)
