"""The bodies of /auth."""

from marshmallow import Schema, fields, validate

from orders_domain.user import LONGEST_PASSWORD
from orders_flask.web.fields import SafeString


class Credentials(Schema):
    """Who signs in."""

    email = SafeString(
        required=True, validate=validate.Length(max=LONGEST_PASSWORD), metadata={"example": "ann@example.com"}
    )
    password = SafeString(
        required=True, validate=validate.Length(max=LONGEST_PASSWORD), metadata={"format": "password"}
    )


class ExistingToken(Schema):
    """A token to be exchanged."""

    token = SafeString(required=True)


class NewToken(Schema):
    """A token that was just made."""

    token = fields.String(required=True, metadata={"description": "A JWT, for the Authorization header."})


class SignedOut(Schema):
    """What is said at the end."""

    message = fields.String(required=True)
