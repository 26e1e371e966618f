"""Schemas of the /auth routes."""

from marshmallow import Schema, fields, validate

from orders_domain.model.accounts.user import MAX_PASSWORD_LENGTH
from orders_flask.web.fields import NO_NUL, SafeString


class Credentials(Schema):
    """Request body: e-mail address and password."""

    email = SafeString(
        required=True,
        validate=validate.Length(max=MAX_PASSWORD_LENGTH),
        metadata={"pattern": NO_NUL, "example": "ann@example.com"},
    )
    password = SafeString(
        required=True,
        validate=validate.Length(max=MAX_PASSWORD_LENGTH),
        metadata={"pattern": NO_NUL, "format": "password"},
    )
    refreshToken = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether the response has a refresh token beside the token."},
    )


class ExistingToken(Schema):
    """Request body: the token to exchange."""

    token = SafeString(required=True, metadata={"pattern": NO_NUL})


class NewToken(Schema):
    """Response body: a new token."""

    token = fields.String(required=True, metadata={"description": "A JWT, for the Authorization header."})
    refreshToken = fields.String(
        metadata={"description": "A token for `/auth/refresh` only, if the client asked for one."},
    )


class SignedOut(Schema):
    """Confirmation."""

    message = fields.String(required=True)
