"""User repository: the rows of users that have an e-mail address. Each change is a transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_domain.errors import EmailTaken, LastAdministrator, UserExists, UserNotFound
from orders_domain.model.accounts.actor import Role
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.users import UserRepository

_users = tables.users.c
_ACCOUNT = ("email", "password_hash", "role", "scopes", "disabled_at", "is_demo", "language")

_HAS_EMAIL = select(_users.id).where(_users.email == bindparam("email"))


def _insert_account(insert: Any) -> Any:
    """Insert the account, or add it to a user row that a token created.

    An existing account is left unchanged and no row is returned.
    """
    new = insert(tables.users)
    account = {column: new.excluded[column] for column in _ACCOUNT}
    added = new.on_conflict_do_update(index_elements=[_users.id], set_=account, where=_users.email.is_(None))
    return added.returning(_users.id)


_ADD = {"postgresql": _insert_account(postgresql.insert), "sqlite": _insert_account(sqlite.insert)}
_BY_ID = select(tables.users).where(_users.id == bindparam("user_id"), _users.email.is_not(None))
_BY_EMAIL = select(tables.users).where(_users.email == bindparam("email"))
_PAGE = select(tables.users).where(_users.email > bindparam("after")).order_by(_users.email).limit(bindparam("limit"))
_CHANGE = update(tables.users).where(_users.id == bindparam("user_id"), _users.email.is_not(None))
_DISABLE = _CHANGE.values(disabled_at=bindparam("at"))
# A transaction that waited for the lock does not see a row that was disabled meanwhile.
_LOCK_ADMINISTRATORS = (
    select(_users.id)
    .where(_users.role == Role.ADMIN.value, _users.disabled_at.is_(None), ~_users.is_demo, _users.email.is_not(None))
    .order_by(_users.id)
    .with_for_update(key_share=True)
)
_SET_LANGUAGE = _CHANGE.values(language=bindparam("new"))
_CHANGE_PASSWORD = _CHANGE.values(password_hash=bindparam("new"))
_REPLACE_PASSWORD = _CHANGE_PASSWORD.where(_users.password_hash == bindparam("old"))


@contextmanager
def _translate_email_conflict(email: str) -> Iterator[None]:
    """Translate the violation of the unique index, which a concurrent insert of the address causes."""
    try:
        yield
    except IntegrityError as error:
        raise EmailTaken(email) from error


class SqlUserRepository(UserRepository):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def add(self, user: User) -> None:
        with translate_errors(), _translate_email_conflict(user.email), self._engine.begin() as connection:
            if connection.scalar(_HAS_EMAIL, {"email": user.email}):
                raise EmailTaken(user.email)
            if connection.scalar(_ADD[connection.dialect.name], _values(user)) is None:
                raise UserExists(user.id)

    def get(self, user_id: str) -> User:
        return self._fetch(_BY_ID, {"user_id": user_id}, key=user_id)

    def by_email(self, email: str) -> User:
        return self._fetch(_BY_EMAIL, {"email": email}, key=email)

    def list_page(self, *, after: str = "", limit: int = 100) -> Sequence[User]:
        with translate_errors(), self._autocommit.connect() as connection:
            return [_to_user(row) for row in connection.execute(_PAGE, {"after": after, "limit": limit})]

    def set_disabled(self, user_id: str, *, at: datetime | None) -> None:
        self._change(_DISABLE, {"user_id": user_id, "at": at})

    def disable_replaceable(self, user_id: str, *, at: datetime) -> None:
        with translate_errors(), self._engine.begin() as connection:
            if connection.scalars(_LOCK_ADMINISTRATORS).all() == [user_id]:
                raise LastAdministrator
            if connection.execute(_DISABLE, {"user_id": user_id, "at": at}).rowcount != 1:
                raise UserNotFound(user_id)

    def set_language(self, user_id: str, language: str | None) -> None:
        self._change(_SET_LANGUAGE, {"user_id": user_id, "new": language})

    def change_password(self, user_id: str, password_hash: str, *, instead_of: str | None = None) -> None:
        values = {"user_id": user_id, "new": password_hash}
        if instead_of is None:
            self._change(_CHANGE_PASSWORD, values)
        elif self.get(user_id):
            with translate_errors(), self._engine.begin() as connection:
                connection.execute(_REPLACE_PASSWORD, values | {"old": instead_of})

    def _change(self, statement: Any, values: dict[str, Any]) -> None:
        with translate_errors(), self._engine.begin() as connection:
            if connection.execute(statement, values).rowcount != 1:
                raise UserNotFound(values["user_id"])

    def _fetch(self, statement: Any, values: dict[str, str], *, key: str) -> User:
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(statement, values).one_or_none()
        if row is None:
            raise UserNotFound(key)
        return _to_user(row)


def _values(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "created_at": user.created_at,
        "email": user.email,
        "password_hash": user.password_hash,
        "role": user.role.value,
        "scopes": " ".join(sorted(user.scopes)),
        "disabled_at": user.disabled_at,
        "is_demo": user.demo,
        "language": user.language,
    }


def _to_user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        password_hash=row.password_hash,
        created_at=row.created_at,
        role=Role(row.role),
        scopes=frozenset(row.scopes.split()),
        disabled_at=row.disabled_at,
        demo=row.is_demo,
        language=row.language,
    )
