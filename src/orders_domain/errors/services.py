"""Errors about partner services."""

from __future__ import annotations

from orders_domain.errors.base import InvalidValue
from orders_domain.errors.unavailable import Unavailable


class ServiceError(Unavailable):
    """A partner service failed. The request may have had an effect, unless the subclass says otherwise."""

    code = "service_failed"

    def __init__(self, service: str, problem: str) -> None:
        super().__init__(f"The {service} {problem}.")
        self.service = service


class ServiceUnreachable(ServiceError):
    """The connection was refused, or was lost before a response."""

    code = "service_unreachable"


class ServiceTimeout(ServiceError):
    """The service did not respond in time."""

    code = "service_timeout"


class ServiceInternalError(ServiceError):
    """The service responded with an internal error."""

    code = "service_internal_error"


class InvalidServiceResponse(ServiceError):
    """The response violates the protocol: unexpected status, not JSON, wrong shape, or too large."""

    code = "invalid_service_response"


class ServiceRejected(ServiceError):
    """The service rejected the request. The request had no effect, and retrying does not help."""

    code = "service_rejected"


class ShippingAddressRejected(InvalidValue):
    """The shipment service rejected the shipping address. The request had no effect."""

    code = "shipping_address_rejected"
