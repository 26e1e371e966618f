"""Order templates: requested items and an address, from which orders can be placed (clause 002-33)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orders_domain.errors import InvalidValue, TemplateNotFound
from orders_domain.model.address import Address
from orders_domain.model.custom_item import MAX_ITEMS
from orders_domain.model.product import MAX_NAME_LENGTH, RequestedItem
from orders_domain.model.values.json_values import text_error
from orders_domain.model.values.typed_text import trim

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor


MAX_PAGE_ITEMS = 50_000
"""Items of all templates of a page; they are about 3 MB of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderTemplate:
    """A template that is not stored yet. Products and prices are read when an order is placed from it.

    The name is stored without outer white space.

    Raises:
        InvalidValue: the name is blank, too long or not storable, or there are no items or more than 1,000.
    """

    user_id: str
    name: str
    requested_items: tuple[RequestedItem, ...]
    address: Address

    def __post_init__(self) -> None:
        if isinstance(self.name, str):
            object.__setattr__(self, "name", trim(self.name))
        if not isinstance(self.name, str) or not self.name or len(self.name) > MAX_NAME_LENGTH:
            raise InvalidValue(f"Must have 1 to {MAX_NAME_LENGTH} characters, not all blank.", field="name")
        if error := text_error(self.name):
            raise InvalidValue(f"The text {error}.", field="name")
        if not 1 <= len(self.requested_items) <= MAX_ITEMS:
            raise InvalidValue(f"A template must have 1 to {MAX_ITEMS} items.", field="requested_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTemplate(NewOrderTemplate):
    """A stored template."""

    id: int
    created_at: datetime

    def authorize_owner(self, actor: Actor) -> None:
        """Check that the actor owns the template; administrators have no access to the templates of others.

        Raises:
            TemplateNotFound: the template belongs to another user, so its existence is hidden.
        """
        if self.user_id != actor.subject:
            raise TemplateNotFound(self.id)


def template_page(templates: Iterable[OrderTemplate]) -> Sequence[OrderTemplate]:
    """Return the templates of a page. Those behind the first that makes the page too large are not read.

    Raises:
        InvalidValue: the templates have more than ``MAX_PAGE_ITEMS`` items; a shorter page is allowed.
    """
    page: list[OrderTemplate] = []
    items = 0
    for template in templates:
        items += len(template.requested_items)
        if items > MAX_PAGE_ITEMS:
            raise InvalidValue(f"Must be at most {len(page)} here, because these templates are large.", field="limit")
        page.append(template)
    return page
