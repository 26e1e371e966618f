"""The users' e-mail addresses."""

from typing import Any

from sqlalchemy import Engine, Select, bindparam, column, select

from orders_adapters.sql import engine as engines
from orders_adapters.sql import tables
from orders_adapters.sql.errors import translated

_ADDRESS: Select[Any] = (
    select(column("email")).select_from(tables.users).where(tables.users.c.id == bindparam("user_id"))
)


class Addresses:
    """A user without an address of their own has the subject's, where that is one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engines.reading(engine)

    def __call__(self, user_id: str) -> str | None:
        known = None
        if "email" in tables.users.c:
            with translated(), self._engine.connect() as connection:
                known = connection.scalar(_ADDRESS, {"user_id": user_id})
        return known or (user_id if "@" in user_id else None)
