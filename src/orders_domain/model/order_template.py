"""An order that can be placed again and again: what it takes, and where it goes (clause 002-33)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orders_domain.errors import InvalidValue, TemplateNotFound
from orders_domain.model.address import Address
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.json_values import text_error
from orders_domain.model.product import MAX_NAME_LENGTH, RequestedItem

if TYPE_CHECKING:
    from orders_domain.model.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderTemplate:
    """A template to be. Products and prices are looked up when it is placed, not before.

    Raises:
        Refused: a name that is blank, too long or not storable; no product, or more than 1,000.
    """

    user_id: str
    name: str
    requested_items: tuple[RequestedItem, ...]
    address: Address

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or len(self.name) > MAX_NAME_LENGTH:
            raise InvalidValue(f"1 to {MAX_NAME_LENGTH} characters, not all blank.", field="name")
        if flaw := text_error(self.name):
            raise InvalidValue(f"The text {flaw}.", field="name")
        if not 1 <= len(self.requested_items) <= MAX_ITEMS:
            raise InvalidValue(f"A template has 1 to {MAX_ITEMS} items.", field="order_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTemplate(NewOrderTemplate):
    """A template that is kept."""

    id: int
    created_at: datetime

    def authorize_owner(self, actor: Actor) -> None:
        """Return if the template is the actor's; administrators have none but their own either.

        Raises:
            TemplateNotFound: it is not, and strangers are not told that it exists.
        """
        if self.user_id != actor.subject:
            raise TemplateNotFound(self.id)
