"""Repository of revoked tokens. Each change is a transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from orders_adapters.sql import tables
from orders_adapters.sql.delete_batches import delete_older_than
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_domain.ports.revoked_tokens import AllRevokedTokens

_revoked = tables.revoked_tokens.c

# No row is returned for a key that exists. A concurrent insert of the same key waits for the commit of the first one.
_REVOKE = {
    "postgresql": postgresql.insert(tables.revoked_tokens).on_conflict_do_nothing().returning(_revoked.token_hash),
    "sqlite": sqlite.insert(tables.revoked_tokens).on_conflict_do_nothing().returning(_revoked.token_hash),
}
_ANY = select(_revoked.token_hash).where(_revoked.token_hash.in_(bindparam("hashes", expanding=True))).limit(1)
_ALL = select(_revoked.token_hash, _revoked.expires_at).limit(bindparam("limit"))
_PRUNE = delete_older_than(tables.revoked_tokens, column=_revoked.expires_at)


class SqlRevokedTokens(AllRevokedTokens):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def revoke(self, keys: Mapping[str, datetime]) -> frozenset[str]:
        with translate_errors(), self._engine.begin() as connection:
            statement = _REVOKE[connection.dialect.name]
            # The keys are sorted, so that two transactions with the same keys do not deadlock.
            added = [connection.scalar(statement, {"token_hash": key, "expires_at": keys[key]}) for key in sorted(keys)]
        return frozenset(key for key in added if key is not None)

    def is_revoked(self, keys: Sequence[str]) -> bool:
        with translate_errors(), self._autocommit.connect() as connection:
            return connection.scalar(_ANY, {"hashes": list(keys)}) is not None

    def all(self, *, limit: int) -> Mapping[str, datetime] | None:
        with translate_errors(), self._autocommit.connect() as connection:
            rows = connection.execute(_ALL, {"limit": limit + 1}).all()
        return {row.token_hash: row.expires_at for row in rows} if len(rows) <= limit else None

    def prune(self, *, expired_before: datetime, limit: int = 1_000) -> int:
        with translate_errors(), self._engine.begin() as connection:
            return connection.execute(_PRUNE, {"before": expired_before, "limit": limit}).rowcount
