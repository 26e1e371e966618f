"""Routes of order templates (clause 002-33)."""

from collections.abc import Mapping
from typing import Any

from orders_domain.errors import TemplateNotFound
from orders_domain.model.order_ref import parse_number
from orders_domain.model.order_template import OrderTemplate
from orders_domain.use_cases import AddTemplate, DeleteTemplate, ListTemplates, PlaceOrderFromTemplate
from orders_flask.contracts.management import schemas
from orders_flask.contracts.management.routes import _document, placed_response
from orders_flask.contracts.management.templates_schemas import TemplateCreate, TemplateResponse
from orders_flask.contracts.management.translate import SHIPPING, address, requested_items
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.idempotency import idempotency_key, placed_or_replayed

_NOT_FOUND = "The template does not exist."


def register(routes: ContractBlueprint) -> None:
    """Add the routes to the orders' blueprint."""

    @routes.post("/templates")
    @routes.arguments(TemplateCreate, example={"name": "Tea for two", **schemas.ORDER_EXAMPLE})
    @routes.response(201, TemplateResponse)
    @routes.doc(
        **_document(
            400,
            401,
            413,
            415,
            503,
            use_case="add_template",
            summary="Store an order template",
            description="Products and an address under a name, to be ordered again.",
        )
    )
    def add(body: dict[str, Any]) -> Any:
        request = AddTemplate(
            actor=actor(), name=body["name"], requested_items=requested_items(body), address=address(body)
        )
        return _response(use_cases().add_template(request))

    @routes.get("/templates")
    @routes.arguments(schemas.PageQuery, location="query")
    @routes.response(200, TemplateResponse(many=True))
    @routes.doc(
        **_document(
            400, 401, 503, use_case="list_templates", summary="List own order templates", description="Sorted by id."
        )
    )
    def templates(query: dict[str, Any]) -> Any:
        request = ListTemplates(actor=actor(), offset=query["skip"], limit=query["limit"])
        return [_response(template) for template in use_cases().list_templates(request)]

    @routes.delete("/templates/<ref>")
    @routes.response(200, schemas.Confirmation)
    @routes.doc(
        **_document(
            401,
            404,
            503,
            use_case="delete_template",
            summary="Delete a template; its orders are unchanged",
            description="Only the user who stored the template can delete it.",
            not_found=_NOT_FOUND,
        )
    )
    def remove(ref: str) -> Any:
        use_cases().delete_template(DeleteTemplate(actor=actor(), template_id=_template_id(ref)))
        return {"message": "Template deleted"}

    _add_placement(routes)


def _add_placement(routes: ContractBlueprint) -> None:
    @routes.post("/templates/<ref>/place")
    @routes.response(200, schemas.ManagedOrderResponse)
    @routes.doc(
        **_document(
            *(400, 401, 404, 409, 422, 503),
            use_case="place_order_from_template",
            summary="Place an order from a template, at current prices",
            description="The order is placed as if the template's products were ordered now.",
            placement=True,
            not_found=_NOT_FOUND,
        )
    )
    def place_template(ref: str) -> Any:
        request = PlaceOrderFromTemplate(
            actor=actor(), template_id=_template_id(ref), idempotency_key=idempotency_key("management")
        )
        return placed_or_replayed(lambda: use_cases().place_order_from_template(request), placed_response)


def _template_id(text: str) -> int:
    """Parse a template id.

    Raises:
        TemplateNotFound: the text is not a positive integer.
    """
    number = parse_number(text)
    if number is None:
        raise TemplateNotFound(text)
    return number


def _response(template: OrderTemplate) -> Mapping[str, Any]:
    parts = template.address.as_dict()
    return {
        "template_id": template.id,
        "name": template.name,
        "order_items": [
            {"product_id": item.product_id, "quantity": item.quantity} for item in template.requested_items
        ],
        **{name: parts[part] for part, name in SHIPPING.items()},
        "created_at": template.created_at,
    }
