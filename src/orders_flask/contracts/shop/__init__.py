"""The contract ``shop``: every order with its lines, charges, axes and life; the service's own contract."""

from orders_flask.contracts.shop import (
    account,
    actions,
    annotations,
    events,
    exports,
    imports,
    payments,
    personal_data,
    returns,
    routes,
    shipments,
    stock_holds,
    webhooks,
)
from orders_flask.contracts.shop.errors import body, details, sentence
from orders_flask.contracts.shop.translate import FIELD_NAMES
from orders_flask.web.contract import Contract


def contract() -> Contract:
    orders = routes.blueprint()
    for module in (
        actions,
        annotations,
        events,
        payments,
        shipments,
        returns,
        stock_holds,
        account,
        personal_data,
        exports,
        imports,
        webhooks,
    ):
        module.register(orders)
    return Contract(
        name="shop",
        blueprint=orders,
        body=body,
        sentence=sentence,
        details=details,
        field_names=FIELD_NAMES,
        query_status=400,
    )
