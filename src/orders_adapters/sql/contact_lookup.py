"""Contact lookup in the accounts of the users."""

from sqlalchemy import Engine, bindparam, select

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_domain.model.accounts.contact import NO_CONTACT, Contact

_CONTACT = select(tables.users.c.email, tables.users.c.language).where(tables.users.c.id == bindparam("user_id"))


class SqlContactLookup:
    def __init__(self, engine: Engine) -> None:
        self._engine = engines.autocommit(engine)

    def __call__(self, user_id: str) -> Contact:
        with translate_errors(), self._engine.connect() as connection:
            row = connection.execute(_CONTACT, {"user_id": user_id}).one_or_none()
        return Contact(email=row.email, language=row.language) if row else NO_CONTACT
