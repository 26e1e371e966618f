"""Error texts of this contract; the body is RFC 9457's."""

from orders_domain.errors import InsufficientStock, OrdersError, VersionMismatch
from orders_domain.model.status import InvalidTransition
from orders_flask.contracts.orders.translate import VOCABULARY
from orders_flask.web.problems import insufficient_stock, invalid_transition


def sentence(error: OrdersError) -> str:
    if isinstance(error, InvalidTransition):
        return invalid_transition(error, VOCABULARY)
    if isinstance(error, InsufficientStock):
        return insufficient_stock(error)
    if isinstance(error, VersionMismatch):
        return f'If-Match must be the order\'s current version, "{error.current}".'
    return str(error)
