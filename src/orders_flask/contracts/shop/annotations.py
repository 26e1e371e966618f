"""Routes of notes, tags and metadata, which an order in any status takes."""

from typing import Any

from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import AnnotateOrder
from orders_flask.contracts.shop import response_schemas, schemas
from orders_flask.contracts.shop.actions import common
from orders_flask.contracts.shop.responses import answered, documented, required_versions
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases

_STATUSES = (400, 401, 403, 404, 413, 415, 422, 503)


def register(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/notes")
    @routes.arguments(schemas.ShopNote, example={"text": "Called; wants it on Friday.", "visibility": "internal"})
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            409,
            use_case="annotate_order",
            summary="Add a note",
            description="The timeline has it; the customer sees it if its visibility is `customer`.",
        )
    )
    def add_note(body: dict[str, Any], order_ref: str) -> Any:
        request = AnnotateOrder(**common(order_ref), note=body["text"], internal=body["visibility"] == "internal")
        return answered(lambda: use_cases().annotate_order(request))

    _add_tags(routes)
    _add_metadata(routes)


def _add_tags(routes: ContractBlueprint) -> None:
    @routes.put("/orders/<order_ref>/tags")
    @routes.arguments(schemas.ShopTags, example={"tags": ["gift", "vip"]})
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            posts=False,
            use_case="annotate_order_tags",
            summary="Set the tags",
            description="They replace the present ones.",
        )
    )
    def set_tags(body: dict[str, Any], order_ref: str) -> Any:
        return answered(
            lambda: use_cases().annotate_order(AnnotateOrder(**_change(order_ref), tags=tuple(body["tags"])))
        )


def _add_metadata(routes: ContractBlueprint) -> None:
    @routes.patch("/orders/<order_ref>/metadata")
    @routes.arguments(schemas.ShopMetadata, example={"campaign": "summer", "obsolete": None})
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            posts=False,
            use_case="annotate_order_metadata",
            summary="Change the metadata by a merge patch",
            description="A JSON merge patch (RFC 7396): null removes a member. At most 50 members and 16 KiB.",
        )
    )
    def patch_metadata(body: dict[str, Any], order_ref: str) -> Any:
        return answered(lambda: use_cases().annotate_order(AnnotateOrder(**_change(order_ref), metadata=body)))


def _change(order_ref: str) -> dict[str, Any]:
    return {"actor": actor(), "order_id": parse_order_ref(order_ref), "versions": required_versions()}
