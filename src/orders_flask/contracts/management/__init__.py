"""The contract ``management`` (source 002): orders of products, and their administration."""

from orders_flask.contracts.management import bulk, products, reports, routes, templates
from orders_flask.contracts.management.errors import MANAGEMENT_STATUSES, body, details, sentence
from orders_flask.contracts.management.translate import FIELD_NAMES
from orders_flask.web.contract import Contract


def contract() -> Contract:
    orders = routes.blueprint()
    for module in (bulk, reports, templates):
        module.register(orders)
    return Contract(
        name="management",
        blueprint=orders,
        siblings={"products": products.blueprint()},
        body=body,
        sentence=sentence,
        details=details,
        field_names=FIELD_NAMES,
        statuses=MANAGEMENT_STATUSES,
    )
