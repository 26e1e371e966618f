"""E-mail lookup in the accounts of the users."""

from sqlalchemy import Engine, bindparam, select

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors

_ADDRESS = select(tables.users.c.email).where(tables.users.c.id == bindparam("user_id"))


class SqlEmailLookup:
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def __call__(self, user_id: str) -> str | None:
        with translate_errors(), self._engine.connect() as connection:
            address: str | None = connection.scalar(_ADDRESS, {"user_id": user_id})
        return address
