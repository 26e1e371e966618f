"""Requests of the operations, and the rule by which a request may be sent again."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

from orders_client.json_values import to_json
from orders_client.models import ShopOrder

T = TypeVar("T")

OrderRef = ShopOrder | UUID | str | int
"""An order as it was read, its id, or its number."""
IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})


@dataclass(frozen=True)
class Request(Generic[T]):
    """A request, and the type of the body of its response."""

    method: str
    path: str
    result: type[T]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    content_type: str = "application/json"
    key: str | None = None
    version: str | None = None
    is_public: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether a repetition has the effect of one request, because of its method or its idempotency key."""
        return self.method in IDEMPOTENT or self.key is not None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Content-Type": self.content_type if self.body is not None else None}
        headers |= {"Idempotency-Key": self.key, "If-Match": self.version}
        return {name: value for name, value in headers.items() if value is not None}

    @property
    def parameters(self) -> dict[str, str]:
        return {name: _parameter(value) for name, value in self.query.items() if value is not None}


class Send(Protocol):
    """Sends a request and returns the body of its response."""

    def __call__(self, request: Request[T]) -> T: ...


class AsyncSend(Protocol):
    """Sends a request and returns the body of its response."""

    def __call__(self, request: Request[T]) -> Awaitable[T]: ...


def new_key() -> str:
    """Return an idempotency key for a call and all its repetitions."""
    return str(uuid4())


def segment(reference: OrderRef) -> str:
    """Return the segment of a path for an order or another id."""
    return quote(str(reference.id if isinstance(reference, ShopOrder) else reference), safe="")


def version_of(order: OrderRef | None, version: int | Literal["*"] | None) -> str:
    """Return If-Match: the given version, else that of the order as it was read.

    Raises:
        ValueError: there is neither.
    """
    if version is None:
        if not isinstance(order, ShopOrder):
            raise ValueError("The version must be given, or the order as it was read; '*' is any version.")
        version = order.version
    return version if version == "*" else f'"{version}"'


def _parameter(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(_parameter, value))
    return str(to_json(value))
