"""Routes of personal data: export and erasure, for administrators."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from marshmallow import Schema, fields, validate

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.accounts.user import MAX_EMAIL_LENGTH
from orders_domain.use_cases import ErasePersonalData, ExportPersonalData
from orders_flask.contracts.shop.responses import documented, json_response, required_key
from orders_flask.web.background.file_transfer import JoinedPieces
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import NO_NUL, SafeString

MAX_ORDERS = 500
"""Orders that one request erases."""
_NOT_FOUND = "Nothing is stored about the person."
_PERSON = "Give `user_id`, or the `email` of an account or of orders without a user."
_NO_STORE = {"Cache-Control": "no-store"}


def _text(longest: int, **metadata: Any) -> SafeString:
    bounds = validate.Length(min=1, max=longest)
    return SafeString(validate=bounds, load_default=None, metadata={"pattern": NO_NUL, **metadata})


def _flag(description: str) -> fields.Boolean:
    return fields.Boolean(load_default=False, truthy={True}, falsy={False}, metadata={"description": description})


class PersonalDataExport(Schema):
    """Request body: the person, by one of the members. An address is in no URL, because URLs are logged."""

    user_id = _text(MAX_SUBJECT_LENGTH, description="The subject of the person's tokens.")
    email = _text(MAX_EMAIL_LENGTH, description="An e-mail address of the person.")


class PersonalDataErasure(PersonalDataExport):
    """Request body: the person, and what to erase."""

    include_open = _flag("Erase open orders, too.")
    dry_run = _flag("Only count.")


class PersonalDataShown(Schema):
    """All that is stored about a person."""

    account = fields.Dict(required=True, allow_none=True)
    orders = fields.List(fields.Dict(), required=True)
    records = fields.List(fields.Dict(), required=True)


class ErasureShown(Schema):
    """The numbers of erased things by kind, and whether nothing is left."""

    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    complete = fields.Boolean(required=True)


def register(routes: ContractBlueprint) -> None:
    @routes.post("/personal-data/exports")
    @routes.arguments(PersonalDataExport, example={"email": "ann@example.com"})
    @routes.response(200, PersonalDataShown)
    @routes.doc(
        **documented(
            400, 401, 403, 404, 413, 415, 422, 503,
            changes=False,
            use_case="export_personal_data",
            summary="Export what is stored about a person",
            description=f"{_PERSON} Has orders with their histories, but no password and nobody else's name. "
            "Needs the administrator role.",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def export_personal_data(body: dict[str, Any]) -> Response:
        required_key()
        exported = use_cases().export_personal_data(ExportPersonalData(actor=actor(), **body))
        parts = JoinedPieces(use_cases().personal_data_document(exported))  # of any number of orders
        return current_app.response_class(
            parts, mimetype="application/json", headers=_NO_STORE, direct_passthrough=True
        )

    @routes.post("/personal-data/erasures")
    @routes.arguments(PersonalDataErasure, example={"email": "ann@example.com", "dry_run": True})
    @routes.response(200, ErasureShown)
    @routes.doc(
        **documented(
            400, 401, 403, 404, 409, 413, 415, 422, 503,
            changes=False,
            use_case="erase_personal_data",
            summary="Erase the personal data of a person",
            description=f"{_PERSON} The sessions end, and the account is deleted. Amounts, quantities and statuses of "
            f"orders remain. A request erases at most {MAX_ORDERS} orders: repeat it, with any Idempotency-Key, until "
            "`complete` is true. Needs the administrator role.",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def erase_personal_data(body: dict[str, Any]) -> Response:
        required_key()
        counts: dict[str, int] = {}
        is_complete = False
        request = ErasePersonalData(actor=actor(), max_orders=MAX_ORDERS, **body)
        for step in use_cases().erase_personal_data(request):
            counts, is_complete = dict(step.counts), step.is_complete
        response = json_response({"counts": counts, "complete": is_complete})
        response.headers.update(_NO_STORE)
        return response
