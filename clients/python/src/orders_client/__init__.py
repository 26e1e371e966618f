"""Client of the service `orders`: its requests, and its events, each handled once."""

from orders_client import events, models
from orders_client.client import AsyncOrdersClient, OrdersClient
from orders_client.errors import (
    ApiError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NoResponse,
    NotFound,
    OrdersError,
    PreconditionFailed,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)

__all__ = [
    "ApiError",
    "AsyncOrdersClient",
    "Conflict",
    "Forbidden",
    "InvalidRequest",
    "NoResponse",
    "NotFound",
    "OrdersClient",
    "OrdersError",
    "PreconditionFailed",
    "ServiceUnavailable",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "events",
    "models",
]
