"""Contact of an order: the personal data that its sender gave. No history, event or message has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orders_domain.errors import InvalidValue
from orders_domain.model.address import Address
from orders_domain.model.values.json_values import JSON, bounded_text_error

MAX_LENGTHS = {"name": 255, "email": 320, "phone": 64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The customer's name, e-mail address and phone number, and the addresses; all are optional.

    Raises:
        InvalidValue: a text is not a string of 1 to 255, 320 or 64 storable characters; ``field`` names it.
    """

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    shipping: Address | None = None
    billing: Address | None = None

    def __post_init__(self) -> None:
        for name, longest in MAX_LENGTHS.items():
            text = getattr(self, name)
            if text is not None and (error := bounded_text_error(text, max_length=longest)):
                raise InvalidValue(f"{name} {error}.", field=name)

    def as_json(self) -> dict[str, JSON]:
        texts: dict[str, JSON] = {name: getattr(self, name) for name in MAX_LENGTHS}
        addresses: dict[str, Any] = {
            name: None if address is None else address.as_dict()
            for name, address in (("shipping", self.shipping), ("billing", self.billing))
        }
        return texts | addresses

    @classmethod
    def from_json(cls, members: Mapping[str, Any] | None) -> Contact | None:
        if members is None:
            return None
        parts: dict[str, Any] = {name: members[name] for name in MAX_LENGTHS}
        parts |= {name: Address(**members[name]) if members[name] else None for name in ("shipping", "billing")}
        return cls(**parts)
