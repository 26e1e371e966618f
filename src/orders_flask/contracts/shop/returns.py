"""Routes of returns: authorize, receive and refuse."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Response

from orders_domain.model.life.returning import ReturnNotFound
from orders_domain.use_cases import AuthorizeReturn, ReceiveReturn, RefuseReturn
from orders_flask.contracts.shop import response_schemas, schemas
from orders_flask.contracts.shop.actions import common, units
from orders_flask.contracts.shop.responses import answered, documented, required_key, required_versions
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.problems import InvalidRequest

_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 503)
_RETURN = {"lines": [{"number": 1, "quantity": 1}], "reason": "It does not fit."}
_RECEIPT = {"lines": [{"number": 1, "quantity": 1, "restock": True}]}
_NOT_FOUND = "The return does not exist."


def register(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/returns")
    @routes.arguments(schemas.ShopReturnCreate, example=_RETURN)
    @routes.response(201, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="authorize_return",
            summary="Authorize shipped units to come back",
            description="At most the units that are shipped, and neither returned nor authorized to be: otherwise 409 "
            "`not_shipped`. It moves neither stock nor money.",
        )
    )
    def authorize(body: dict[str, Any], order_ref: str) -> Response:
        lines = units(body["lines"]) or {}
        request = AuthorizeReturn(**common(order_ref), lines=lines, reason=body["reason"])
        return answered(lambda: use_cases().authorize_return(request), status=201)

    _add_receive(routes)
    _add_refuse(routes)


def _add_receive(routes: ContractBlueprint) -> None:
    @routes.post("/returns/<return_id>/receive")
    @routes.arguments(schemas.ShopReceipt, example=_RECEIPT)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="receive_return",
            summary="Receive units of a return",
            description="In one or more parts. The stock of products with `restock` is given back once, the others are "
            "written off. A refund is asked for by itself.",
            not_found=_NOT_FOUND,
        )
    )
    def receive(body: dict[str, Any], return_id: str) -> Response:
        parts = tuple((line["number"], line["quantity"], line["restock"]) for line in body["lines"])
        if len({(number, restocked) for number, _, restocked in parts}) < len(parts):
            raise InvalidRequest({"lines": ["Each line must be listed only once restocked and once written off."]})
        request = ReceiveReturn(**_common(return_id), received=parts)
        return answered(lambda: use_cases().receive_return(request))


def _add_refuse(routes: ContractBlueprint) -> None:
    @routes.post("/returns/<return_id>/refuse")
    @routes.arguments(schemas.ShopRefusal, example={"reason": "The time to return it is over."})
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="refuse_return",
            summary="Refuse the rest of a return",
            description="No further unit may come back; what was received stays received.",
            not_found=_NOT_FOUND,
        )
    )
    def refuse(body: dict[str, Any], return_id: str) -> Response:
        request = RefuseReturn(**_common(return_id), reason=body["reason"])
        return answered(lambda: use_cases().refuse_return(request))


def _common(return_id: str) -> dict[str, Any]:
    return {
        "actor": actor(),
        "return_id": _id(return_id),
        "idempotency_key": required_key(),
        "versions": required_versions(),
    }


def _id(text: str) -> UUID:
    with suppress(ValueError):
        return UUID(text)
    raise ReturnNotFound
