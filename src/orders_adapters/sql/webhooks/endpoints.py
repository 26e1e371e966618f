"""Webhook endpoint repository."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, bindparam, delete, func, insert, select, text, update

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.mappers import Values
from orders_domain.model.webhooks.endpoint import (
    TooManyWebhooks,
    WebhookEndpoint,
    WebhookExists,
    WebhookNotFound,
    WebhookSecrets,
)
from orders_domain.ports.webhooks.endpoints import WebhookEndpointRepository

_endpoints = tables.webhook_endpoints.c
_ID = bindparam("of_id", type_=_endpoints.id.type)
_LOCK = text("LOCK TABLE webhook_endpoints IN SHARE ROW EXCLUSIVE MODE")  # SQLite's writers are serialized
_COUNT = select(func.count()).select_from(tables.webhook_endpoints)
_HAS_URL = select(_endpoints.id).where(_endpoints.url == bindparam("of_url"))
_LIST = select(tables.webhook_endpoints).order_by(_endpoints.created_at, _endpoints.id)
_GET = select(tables.webhook_endpoints).where(_endpoints.id == _ID)
_GET_FOR_UPDATE = _GET.with_for_update(key_share=True)
_UPDATE = update(tables.webhook_endpoints).where(_endpoints.id == _ID)
_REMOVE_DELIVERIES = delete(tables.webhook_deliveries).where(tables.webhook_deliveries.c.endpoint_id == _ID)
_REMOVE = delete(tables.webhook_endpoints).where(_endpoints.id == _ID)


class SqlWebhookEndpointRepository(WebhookEndpointRepository):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def add(self, endpoint: WebhookEndpoint, *, limit: int) -> None:
        with translate_errors(), self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_LOCK)
            if connection.scalar(_HAS_URL, {"of_url": endpoint.url}) is not None:
                raise WebhookExists
            if (connection.scalar(_COUNT) or 0) >= limit:
                raise TooManyWebhooks(limit)
            connection.execute(insert(tables.webhook_endpoints), _values(endpoint))

    def get(self, endpoint_id: UUID) -> WebhookEndpoint:
        with translate_errors(), self._autocommit.connect() as connection:
            return _found(connection.execute(_GET, {"of_id": endpoint_id}).one_or_none())

    def list(self) -> Sequence[WebhookEndpoint]:
        with translate_errors(), self._autocommit.connect() as connection:
            return [_to_endpoint(row) for row in connection.execute(_LIST)]

    def update(self, endpoint_id: UUID, change: Callable[[WebhookEndpoint], WebhookEndpoint]) -> WebhookEndpoint:
        with translate_errors(), self._engine.begin() as connection:
            present = _found(connection.execute(_GET_FOR_UPDATE, {"of_id": endpoint_id}).one_or_none())
            changed = change(present)
            if changed != present:
                connection.execute(_UPDATE.values(_values(changed)), {"of_id": endpoint_id})
        return changed

    def remove(self, endpoint_id: UUID) -> None:
        with translate_errors(), self._engine.begin() as connection:
            # Locked first, so that no delivery is added meanwhile.
            _found(connection.execute(_GET.with_for_update(), {"of_id": endpoint_id}).one_or_none())
            for statement in (_REMOVE_DELIVERIES, _REMOVE):
                connection.execute(statement, {"of_id": endpoint_id})


def _found(row: Row[Any] | None) -> WebhookEndpoint:
    if row is None:
        raise WebhookNotFound
    return _to_endpoint(row)


def _values(endpoint: WebhookEndpoint) -> Values:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "types": None if endpoint.types is None else list(endpoint.types),
        "ordered": endpoint.ordered,
        "secret": endpoint.secrets.current,
        "former_secret": endpoint.secrets.former,
        "former_until": endpoint.secrets.former_until,
        "state": endpoint.state,
        "disabled_reason": endpoint.disabled_reason,
        "created_at": endpoint.created_at,
        "starts_after": endpoint.starts_after,
        "failing_since": endpoint.failing_since,
        "last_failed_at": endpoint.last_failed_at,
    }


def _to_endpoint(row: Row[Any]) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=row.id,
        url=row.url,
        types=None if row.types is None else tuple(row.types),
        ordered=row.ordered,
        secrets=WebhookSecrets(current=row.secret, former=row.former_secret, former_until=row.former_until),
        state=row.state,
        disabled_reason=row.disabled_reason,
        created_at=row.created_at,
        starts_after=row.starts_after,
        failing_since=row.failing_since,
        last_failed_at=row.last_failed_at,
    )
