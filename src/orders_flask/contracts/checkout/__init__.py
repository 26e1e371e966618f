"""The contract ``checkout`` (source 004): orders that are signed carts, for customers, guests and operators."""

from orders_flask.contracts.checkout.errors import body, details, sentence
from orders_flask.contracts.checkout.routes import blueprint
from orders_flask.contracts.checkout.translate import FIELD_NAMES
from orders_flask.web.contract import Contract


def contract() -> Contract:
    return Contract(
        name="checkout",
        blueprint=blueprint(),
        body=body,
        sentence=sentence,
        details=details,
        field_names=FIELD_NAMES,
        malformed_status=422,
    )
