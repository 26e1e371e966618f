"""The statuses as the command line has them: the core's, in lower case."""

from collections.abc import Mapping

from orders_domain.model.status import OrderStatus

STATUSES: Mapping[str, OrderStatus] = {
    **{status.value.lower(): status for status in OrderStatus},
    "cancelled": OrderStatus.CANCELED,  # as contracts spell it, too
}
