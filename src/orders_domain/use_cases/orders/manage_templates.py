"""Use cases: add, list and delete the actor's order templates."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.actor import Actor
from orders_domain.model.address import Address
from orders_domain.model.order_filter import MAX_OFFSET, MAX_PAGE_SIZE
from orders_domain.model.order_template import NewOrderTemplate, OrderTemplate
from orders_domain.model.product import RequestedItem
from orders_domain.ports.clock import Clock
from orders_domain.ports.order_templates import OrderTemplateRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTemplate:
    actor: Actor
    name: str
    requested_items: tuple[RequestedItem, ...]
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTemplates:
    """A page of the actor's templates.

    Raises:
        InvalidValue: the limit is not 1 to 1,000, or the offset is not 0 to 100,000.
    """

    actor: Actor
    offset: int = 0
    limit: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_PAGE_SIZE:
            raise InvalidValue(f"A page must have 1 to {MAX_PAGE_SIZE} templates.", field="limit")
        if not 0 <= self.offset <= MAX_OFFSET:
            raise InvalidValue(f"The number of templates to skip must be from 0 to {MAX_OFFSET}.", field="offset")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTemplate:
    actor: Actor
    template_id: int


def add_template(request: AddTemplate, *, templates: OrderTemplateRepository, clock: Clock) -> OrderTemplate:
    """Store and return a new template of the actor (clause 002-33).

    Raises:
        InvalidValue: the name or the number of items is invalid.
        StoreUnavailable: the store is unavailable.
    """
    template = NewOrderTemplate(
        user_id=request.actor.subject,
        name=request.name,
        requested_items=request.requested_items,
        address=request.address,
    )
    return templates.add(template, at=clock())


def list_templates(request: ListTemplates, *, templates: OrderTemplateRepository) -> Sequence[OrderTemplate]:
    """Return a page of the actor's templates, in the order they were added.

    Raises:
        InvalidValue: the templates have more than 50,000 items in all; ``field`` is ``limit``.
        StoreUnavailable: the store is unavailable.
    """
    return templates.list_for_user(request.actor.subject, offset=request.offset, limit=request.limit)


def delete_template(request: DeleteTemplate, *, templates: OrderTemplateRepository) -> None:
    """Delete a template of the actor; orders placed from it remain.

    Raises:
        TemplateNotFound: the template does not exist, or belongs to another user.
        StoreUnavailable: the store is unavailable.
    """
    templates.get(request.template_id).authorize_owner(request.actor)
    templates.delete(request.template_id)
