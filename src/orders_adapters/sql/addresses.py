"""The users' e-mail addresses."""

from sqlalchemy import Engine, bindparam, select

from orders_adapters.sql import engine as engines
from orders_adapters.sql import tables
from orders_adapters.sql.errors import translated

_ADDRESS = select(tables.users.c.email).where(tables.users.c.id == bindparam("user_id"))


class Addresses:
    """Who has no account with an address has the subject's own, where that is one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engines.reading(engine)

    def __call__(self, user_id: str) -> str | None:
        with translated(), self._engine.connect() as connection:
            known: str | None = connection.scalar(_ADDRESS, {"user_id": user_id})
        return known or (user_id if "@" in user_id else None)
