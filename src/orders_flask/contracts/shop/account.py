"""Routes of the sender's own account."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from orders_domain.model.accounts.contact import LANGUAGE, MAX_LANGUAGE_LENGTH
from orders_domain.model.accounts.user import User
from orders_domain.use_cases import ChangeLanguage, GetAccount
from orders_flask.contracts.shop.responses import documented, json_response
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import text_field

_NOT_FOUND = "The sender has no account, as a user of an identity provider."


class AccountPatch(Schema):
    """Request body: the language of letters, such as de-AT; null removes it."""

    language = text_field(MAX_LANGUAGE_LENGTH, pattern=f"^{LANGUAGE.pattern}$", required=True, allow_none=True)


class Account(Schema):
    """An account."""

    user_id = fields.String(required=True)
    email = fields.String(required=True)
    role = fields.String(required=True)
    language = fields.String(required=True, allow_none=True)


def register(routes: ContractBlueprint) -> None:
    @routes.get("/account")
    @routes.response(200, Account)
    @routes.doc(
        **documented(
            401, 404, 503,
            changes=False, posts=False,
            use_case="get_account",
            summary="Get the own account",
            description="The account of the token's user.",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def get_account() -> Response:
        return _response(use_cases().get_account(GetAccount(actor=actor())))

    @routes.patch("/account")
    @routes.arguments(AccountPatch, example={"language": "de"})
    @routes.response(200, Account)
    @routes.doc(
        **documented(
            400, 401, 404, 413, 415, 422, 503,
            changes=False, posts=False,
            use_case="change_language",
            summary="Change the language of the own account",
            description="Letters about later orders are in this language: those that are placed with a token from a "
            "later sign-in or refresh, or that others place for the user.",
            not_found=_NOT_FOUND,
        )
    )  # fmt: skip
    def change_language(body: dict[str, Any]) -> Response:
        return _response(use_cases().change_language(ChangeLanguage(actor=actor(), language=body["language"])))


def _response(user: User) -> Response:
    shown = {"user_id": user.id, "email": user.email, "role": user.role.value, "language": user.language}
    return json_response(shown)
