"""Order statuses of the command line: the domain's, in lower case."""

from collections.abc import Mapping

from orders_domain.model.status import OrderStatus

STATUSES: Mapping[str, OrderStatus] = {
    **{status.value.lower(): status for status in OrderStatus},
    "cancelled": OrderStatus.CANCELED,  # the spelling of several contracts
}
