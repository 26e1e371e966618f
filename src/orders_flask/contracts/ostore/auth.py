"""Routes of authentication: login, refresh and logout (clauses 003-09, 003-12, 003-13)."""

from functools import partial
from typing import Any

from flask import Response

from orders_domain.model.accounts.auth_token import SessionTokens
from orders_domain.use_cases import RefreshToken, SignIn, SignOut
from orders_flask.contracts.ostore import auth_schemas as schemas
from orders_flask.contracts.ostore.schemas import OStoreError
from orders_flask.web.authentication import authenticate
from orders_flask.web.blueprints import OpenBlueprint
from orders_flask.web.context import authenticated_token, use_cases
from orders_flask.web.openapi import operation
from orders_flask.web.proxies.client_address import client_address

_operation = partial(operation, OStoreError)
_OPEN: dict[str, list[Any]] = {"security": []}  # no bearer token needed
_DISABLED = "Sign-in is disabled, because an identity provider issues the tokens."


def blueprint() -> OpenBlueprint:
    routes = OpenBlueprint("auth", __name__, description="Sign-in and sign-out (contract `ostore`).")

    @routes.post("/login")
    @routes.arguments(schemas.Credentials)
    @routes.response(200, schemas.NewToken)
    @routes.doc(
        **_OPEN,
        **_operation(
            *(400, 401, 404, 413, 415, 429, 503),
            use_case="sign_in",
            summary="Sign in with e-mail and password",
            description="The token is valid for the time of TOKEN_TTL_SECONDS, and a refresh token for that of "
            "REFRESH_TOKEN_TTL_SECONDS.",
            not_found=_DISABLED,
        ),
    )
    def login(body: dict[str, Any]) -> Any:
        return _session(use_cases().sign_in(_credentials(body)))

    @routes.post("/refresh")
    @routes.arguments(schemas.ExistingToken)
    @routes.response(200, schemas.NewToken)
    @routes.doc(
        **_OPEN,
        **_operation(
            *(400, 401, 404, 413, 415, 503),
            use_case="refresh_token",
            summary="Exchange a token for a new one",
            description="A token or a refresh token can be exchanged once; a second exchange ends the sign-in. "
            "TOKEN_REFRESH_GRACE_SECONDS is for expired tokens. A refresh token gets a new one, too.",
            not_found=_DISABLED,
        ),
    )
    def refresh(body: dict[str, Any]) -> Any:
        return _session(use_cases().refresh_token(RefreshToken(token=body["token"])))

    @routes.post("/logout")
    @routes.response(200, schemas.SignedOut)
    @routes.doc(
        **_operation(
            401,
            503,
            use_case="sign_out",
            summary="Revoke the token and all tokens of its sign-in",
            description="Later requests with these tokens are 401.",
        )
    )
    def logout() -> Any:
        authenticate()
        use_cases().sign_out(SignOut(token=authenticated_token()))
        return {"message": "Logged out"}

    routes.after_request(_not_stored)
    return routes


def _credentials(body: dict[str, Any]) -> SignIn:
    return SignIn(
        email=body["email"],
        password=body["password"],
        address=client_address(),
        refresh_token=body["refreshToken"],
    )


def _session(tokens: SessionTokens) -> dict[str, str]:
    """Return the representation; the refresh token is left out if there is none."""
    return {"token": tokens.access} | ({} if tokens.refresh is None else {"refreshToken": tokens.refresh})


def _not_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"  # because a cache must not keep tokens (RFC 6749, 5.1)
    return response
