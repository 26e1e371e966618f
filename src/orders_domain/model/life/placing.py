"""Particulars with which an order is placed: most only by the contract ``shop``."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.contact import NO_CONTACT, Contact
from orders_domain.model.life.charges import MAX_CHARGES, Charge
from orders_domain.model.life.state import NEW, Life
from orders_domain.model.values.json_values import bounded_text_error

MAX_LENGTHS = {"source": 64, "reference": 255}
"""The maximum length of each text, in characters. The texts are fields of the order, of its state and of its row."""
DEFAULT_SOURCE = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """The particulars; an order of another contract has at most a contact.

    Raises:
        InvalidValue: the source or the reference is not a string of 1 to 64 or 255 storable characters, there is only
            one of them, or there are more than 100 charges.
    """

    source: str | None = None
    reference: str | None = None  # unique for its source
    charges: tuple[Charge, ...] = ()
    contact: Contact = field(default=NO_CONTACT, repr=False)  # personal data
    life: Life = NEW  # with tags, metadata and expiry only

    def __post_init__(self) -> None:
        for name, longest in MAX_LENGTHS.items():
            text = getattr(self, name)
            if text is not None and (error := bounded_text_error(text, max_length=longest)):
                raise InvalidValue(f"{name} {error}.", field=name)
        if self.reference is not None and self.source is None:
            raise InvalidValue("A reference must have a source.", field="reference")
        if len(self.charges) > MAX_CHARGES:
            raise InvalidValue(f"There must be at most {MAX_CHARGES} charges.", field="charges")

    def expiring(self, after: timedelta | None, *, at: datetime) -> Placing:
        """Return these particulars for an order of stock: unless ``after`` is None, it expires then at the latest."""
        if after is None:
            return self
        latest = at + after
        return replace(self, life=replace(self.life, expires_at=min(self.life.expires_at or latest, latest)))

    def fields(self) -> dict[str, Any]:
        """Return the fields of the order except the contact, which the order completes."""
        return {name: getattr(self, name) for name in _OF_ORDER}


_OF_ORDER = tuple(entry.name for entry in fields(Placing) if entry.name != "contact")
