"""Repository of revoked tokens. Each change is a transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.engine.delete_batches import delete_batch, delete_older_than
from orders_adapters.sql.errors import translate_errors
from orders_domain.model.accounts.auth_token import Revocation
from orders_domain.ports.accounts.revoked_tokens import AllRevokedTokens

_revoked = tables.revoked_tokens.c


def _raising(insert: Any) -> Any:
    """Insert the revocation, or raise the number of an existing one. No row is returned if it is not less.

    A concurrent insert of the same key waits for the commit of the first one.
    """
    new = insert.excluded
    later = case((new.expires_at > _revoked.expires_at, new.expires_at), else_=_revoked.expires_at)
    return insert.on_conflict_do_update(
        index_elements=[_revoked.token_hash],
        set_={"valid_from": new.valid_from, "expires_at": later},
        where=_revoked.valid_from < new.valid_from,
    ).returning(_revoked.token_hash)


_REVOKE = {
    "postgresql": _raising(postgresql.insert(tables.revoked_tokens)),
    "sqlite": _raising(sqlite.insert(tables.revoked_tokens)),
}
_SOME = select(_revoked.token_hash, _revoked.valid_from).where(
    _revoked.token_hash.in_(bindparam("hashes", expanding=True))
)
_ALL = select(_revoked.token_hash, _revoked.valid_from).limit(bindparam("limit"))
_PRUNE = delete_older_than(tables.revoked_tokens, column=_revoked.expires_at)


class SqlRevokedTokens(AllRevokedTokens):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def revoke(self, revocations: Mapping[str, Revocation]) -> frozenset[str]:
        with translate_errors(), self._engine.begin() as connection:
            statement = _REVOKE[connection.dialect.name]
            # The keys are sorted, so that two transactions with the same keys do not deadlock.
            raised = [connection.scalar(statement, _values(key, revocations[key])) for key in sorted(revocations)]
        return frozenset(key for key in raised if key is not None)

    def is_revoked(self, numbers: Mapping[str, int]) -> bool:
        with translate_errors(), self._autocommit.connect() as connection:
            rows = connection.execute(_SOME, {"hashes": list(numbers)}).all()
        return any(numbers[row.token_hash] < row.valid_from for row in rows)

    def all(self, *, limit: int) -> Mapping[str, int] | None:
        with translate_errors(), self._autocommit.connect() as connection:
            rows = connection.execute(_ALL, {"limit": limit + 1}).all()
        return {row.token_hash: row.valid_from for row in rows} if len(rows) <= limit else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return delete_batch(connection, _PRUNE, before=expired_before, limit=limit)


def _values(key: str, revocation: Revocation) -> dict[str, Any]:
    return {"token_hash": key, "valid_from": revocation.valid_from, "expires_at": revocation.until}
