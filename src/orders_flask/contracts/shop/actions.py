"""Routes that change an order's status or hold."""

from typing import Any

from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import CancelUnits, ConfirmOrder, HoldOrder, ReleaseOrder
from orders_flask.contracts.shop import response_schemas, schemas
from orders_flask.contracts.shop.responses import answered, documented, required_key, required_versions
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.problems import InvalidRequest

_CANCELLATION = {"lines": [{"number": 1, "quantity": 1}], "reason": "The customer changed her mind."}
_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 503)


def register(routes: ContractBlueprint) -> None:
    _add_confirm(routes)
    _add_cancel(routes)
    _add_hold(routes)
    _add_release(routes)


def common(order_ref: str) -> dict[str, Any]:
    """Return the fields of every change; the headers are required."""
    return {
        "actor": actor(),
        "order_id": parse_order_ref(order_ref),
        "idempotency_key": required_key(),
        "versions": required_versions(),
    }


def units(lines: list[dict[str, int]] | None) -> dict[int, int] | None:
    """Return the units by the number of their line.

    Raises:
        InvalidRequest: a line is listed twice.
    """
    if lines is None:
        return None
    by_number = {line["number"]: line["quantity"] for line in lines}
    if len(by_number) < len(lines):
        raise InvalidRequest({"lines": ["Each line must be listed only once."]})
    return by_number


def _add_confirm(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/confirm")
    @routes.arguments(schemas.Nothing, required=False)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES, use_case="confirm_order", summary="Confirm an order", description="The order must be pending."
        )
    )
    def confirm(body: dict[str, Any], order_ref: str) -> Any:
        request = ConfirmOrder(**common(order_ref))
        return answered(lambda: use_cases().confirm_order(request))


def _add_cancel(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/cancel")
    @routes.arguments(schemas.ShopCancellation, example=_CANCELLATION)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="cancel_units",
            summary="Cancel open units, or the order",
            description="Without lines, every open unit is cancelled. The order is canceled if nothing is left. "
            "The stock of the units is released once.",
        )
    )
    def cancel(body: dict[str, Any], order_ref: str) -> Any:
        request = CancelUnits(**common(order_ref), lines=units(body.get("lines")), reason=body["reason"])
        return answered(lambda: use_cases().cancel_units(request))


def _add_hold(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/hold")
    @routes.arguments(schemas.ShopHold, example={"reason": "The address is to be checked."})
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="hold_order",
            summary="Hold an order",
            description="A held order is not confirmed, cancelled or shipped until it is released.",
        )
    )
    def hold(body: dict[str, Any], order_ref: str) -> Any:
        request = HoldOrder(**common(order_ref), reason=body["reason"])
        return answered(lambda: use_cases().hold_order(request))


def _add_release(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/release")
    @routes.arguments(schemas.Nothing, required=False)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(*_STATUSES, use_case="release_order", summary="Release a held order", description="The hold ends.")
    )
    def release(body: dict[str, Any], order_ref: str) -> Any:
        request = ReleaseOrder(**common(order_ref))
        return answered(lambda: use_cases().release_order(request))
