"""Alert recipient repository."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_domain.model.notification import Alert, AlertRecipient
from orders_domain.ports.alert_recipients import AlertRecipientRepository

_recipients = tables.alert_recipients.c


def _upsert(insert: Any) -> Any:
    statement = insert(tables.alert_recipients)
    return statement.on_conflict_do_update(
        index_elements=[_recipients.alert, _recipients.address], set_={"language": statement.excluded.language}
    )


_ADD: Mapping[str, Any] = {"postgresql": _upsert(postgresql.insert), "sqlite": _upsert(sqlite.insert)}
_REMOVE = delete(tables.alert_recipients).where(
    _recipients.alert == bindparam("of_alert", type_=_recipients.alert.type),
    _recipients.address == bindparam("of_address"),
)
_LIST = select(tables.alert_recipients).order_by(_recipients.alert, _recipients.address)


class SqlAlertRecipientRepository(AlertRecipientRepository):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def add(self, recipient: AlertRecipient) -> None:
        values = {"alert": recipient.alert, "address": recipient.address, "language": recipient.language}
        with translate_errors(), self._engine.begin() as connection:
            connection.execute(_ADD[connection.dialect.name], values)

    def remove(self, address: str, *, alert: Alert) -> bool:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_REMOVE, {"of_alert": alert, "of_address": address}).rowcount > 0

    def list(self) -> Sequence[AlertRecipient]:
        with translate_errors(), self._autocommit.connect() as connection:
            return [
                AlertRecipient(alert=row.alert, address=row.address, language=row.language)
                for row in connection.execute(_LIST)
            ]
