"""Erasure of the account of a person, the last part."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import tables
from orders_domain.model.personal.subject import DataSubject

_users = tables.users.c
_ACCOUNT = ("email", "password_hash", "role", "scopes", "disabled_at", "language")
_referred = or_(
    *(
        exists(select(table.c.user_id).where(table.c.user_id == _users.id))
        for table in (tables.orders, tables.order_templates)
    )
)
_DELETE_USER = delete(tables.users).where(_users.id == bindparam("of"), ~_referred)
_alerts = tables.notifications.c


def erase(connection: Connection, subject: DataSubject) -> bool:
    """Remove the account from the user's row and the alerts to its address; return whether there was an account."""
    had_account = update(tables.users).where(_users.id.in_(subject.user_ids), _users.email.is_not(None))
    found = connection.execute(had_account.values(dict.fromkeys(_ACCOUNT))).rowcount
    if subject.emails:
        connection.execute(delete(tables.notifications).where(func.lower(_alerts.address).in_(subject.emails)))
    return bool(found)


def delete_users(engine: Engine, subject: DataSubject) -> None:
    """Delete the rows of the users that no order or template refers to; one that is placed now keeps its user."""
    for user_id in sorted(subject.user_ids):
        try:
            with engine.begin() as connection:
                connection.execute(_DELETE_USER, {"of": user_id})
        except IntegrityError:
            continue
