"""Place an order as a template has it."""

from dataclasses import dataclass

from orders_domain.model.actor import Actor
from orders_domain.model.idempotency import IdempotencyKey
from orders_domain.model.order import Order
from orders_domain.model.origin import Origin
from orders_domain.ports.clock import Clock, NewId
from orders_domain.ports.order_templates import OrderTemplateRepository
from orders_domain.ports.unit_of_work import UnitOfWork
from orders_domain.use_cases.orders.place_catalog_order import PlaceCatalogOrder, place_catalog_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrderFromTemplate:
    """One of the actor's own templates, to be ordered once more."""

    actor: Actor
    template_id: int
    idempotency_key: IdempotencyKey | None = None


def place_order_from_template(
    request: PlaceOrderFromTemplate, *, templates: OrderTemplateRepository, uow: UnitOfWork, clock: Clock, new_id: NewId
) -> Order:
    """Return the new order, at the prices and with the stock of this moment, as if typed in anew (clause 002-33).

    Raises:
        TemplateNotFound: no such template, or not the actor's.
        InsufficientStock: products are short or unknown: all of those are named, and nothing was taken.
        Refused: prices of several currencies, or a total that is no amount.
        DuplicateRequest, IdempotencyKeyReused, RequestInProgress: see ``Keys.claim``.
        StoreUnavailable: the store is away.
    """
    if request.idempotency_key:
        with uow:
            uow.idempotency_keys.acquire(
                request.idempotency_key, at=clock()
            )  # the template may be gone since it was placed
    template = templates.get(request.template_id)
    template.authorize_owner(request.actor)
    ordered = PlaceCatalogOrder(
        actor=request.actor,
        requested_items=template.requested_items,
        address=template.address,
        idempotency_key=request.idempotency_key,
        origin=Origin.MANAGEMENT,
    )
    return place_catalog_order(ordered, uow=uow, clock=clock, new_id=new_id)
