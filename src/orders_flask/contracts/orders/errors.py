"""What this contract says of an error; the body is RFC 9457's."""

from orders_domain.errors import OrdersError, TransitionRefused, VersionMismatch
from orders_flask.contracts.orders.translate import VOCABULARY


def sentence(error: OrdersError) -> str:
    if isinstance(error, TransitionRefused):
        current, wanted = VOCABULARY.word(error.current), VOCABULARY.word(error.wanted)
        allowed = sorted({VOCABULARY.word(status) for status in error.allowed} - {current})
        return f"An order that is {current} cannot become {wanted}; it can become: {', '.join(allowed) or 'nothing'}."
    if isinstance(error, VersionMismatch):
        return f'If-Match does not name the order\'s present version, "{error.current}".'
    return str(error)
