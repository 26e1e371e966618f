"""The contract ``management`` (source 002): orders of products, and their administration."""

from orders_flask.contracts.management import products, routes
from orders_flask.contracts.management.errors import MANAGEMENT_STATUSES, body, details, sentence
from orders_flask.web.contract import Contract


def contract() -> Contract:
    return Contract(
        name="management",
        blueprint=routes.blueprint(),
        beside={"products": products.blueprint()},
        body=body,
        sentence=sentence,
        details=details,
        statuses=MANAGEMENT_STATUSES,
    )
