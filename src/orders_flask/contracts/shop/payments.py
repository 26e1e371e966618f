"""Routes of payment facts and refunds."""

from typing import Any
from uuid import UUID

from flask import Response

from orders_domain.model.life.payments import PaymentKind
from orders_domain.use_cases import RecordPayment, RequestRefund, RetryRefund
from orders_domain.use_cases.life.pay_order import payment_id
from orders_flask.contracts.shop import response_schemas, schemas
from orders_flask.contracts.shop.actions import common, units
from orders_flask.contracts.shop.responses import answered, documented, required_key
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import use_cases

_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 503)
_PAYMENT = {"provider": "stripe", "reference": "ch_1", "kind": "captured", "amount_minor": 500}


def register(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/payments")
    @routes.arguments(schemas.ShopPaymentCreate, example=_PAYMENT)
    @routes.response(201, response_schemas.ShopOrder)
    @routes.alt_response(200, schema=response_schemas.ShopOrder, description="The fact was recorded before.")
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="record_payment",
            summary="Record a fact of a payment provider",
            description="It is recorded once by provider and reference. The order is paid as soon as what is due is "
            "captured. Needs payments:write; a program that does not know the version sends `If-Match: *`.",
        )
    )
    def record_payment(body: dict[str, Any], order_ref: str) -> Response:
        fact = {**body, "kind": PaymentKind(body["kind"])}
        request = RecordPayment(**common(order_ref), **fact)
        response = answered(lambda: use_cases().record_payment(request))
        order: Any = response.get_json()
        recorded = payment_id(UUID(order["id"]), request.idempotency_key or required_key())
        response.status_code = 201 if recorded in {payment["id"] for payment in order["payments"]} else 200
        return response

    _add_refunds(routes)


def _add_refunds(routes: ContractBlueprint) -> None:
    @routes.post("/orders/<order_ref>/refunds")
    @routes.arguments(schemas.ShopRefundCreate, example={"amount_minor": 100, "reason": "A scratch."})
    @routes.response(201, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="request_refund",
            summary="Ask for a refund",
            description="Of an amount, or of units and charges at their shares of the total. The event "
            "`orders.refund_requested.v1` asks a payment service; its fact settles the refund.",
        )
    )
    def request_refund(body: dict[str, Any], order_ref: str) -> Response:
        request = RequestRefund(
            **common(order_ref),
            reason=body["reason"],
            amount_minor=body.get("amount_minor"),
            lines=units(body.get("lines")),
            charges=tuple(body.get("charges", ())),
        )
        return answered(lambda: use_cases().request_refund(request), status=201)

    @routes.post("/orders/<order_ref>/refunds/<refund_id>/retry")
    @routes.arguments(schemas.Nothing, required=False)
    @routes.response(200, response_schemas.ShopOrder)
    @routes.doc(
        **documented(
            *_STATUSES,
            use_case="retry_refund",
            summary="Ask for a failed refund again",
            description="The refund must have failed.",
        )
    )
    def retry_refund(body: dict[str, Any], order_ref: str, refund_id: str) -> Response:
        request = RetryRefund(**common(order_ref), refund_id=refund_id)
        return answered(lambda: use_cases().retry_refund(request))
