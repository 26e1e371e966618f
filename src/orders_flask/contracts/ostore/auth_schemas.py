"""The bodies of /auth."""

from marshmallow import Schema, fields, validate

from orders_domain.model.user import MAX_PASSWORD_LENGTH
from orders_flask.web.fields import NO_NUL, SafeString


class Credentials(Schema):
    """Who signs in."""

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


class ExistingToken(Schema):
    """A token to be exchanged."""

    token = SafeString(required=True, metadata={"pattern": NO_NUL})


class NewToken(Schema):
    """A token that was just made."""

    token = fields.String(required=True, metadata={"description": "A JWT, for the Authorization header."})


class SignedOut(Schema):
    """What is said at the end."""

    message = fields.String(required=True)
