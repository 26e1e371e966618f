"""Column types: UTC timestamps, search words, enumerations and generated ids."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum as Choice
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Enum, Identity, Integer, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TSVECTOR


class UtcDateTime(TypeDecorator[datetime]):
    """An aware timestamp in UTC. SQLite has no timestamps and stores text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A timestamp must have a time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SearchWords(TypeDecorator[str]):
    """Words of letters and digits, separated by spaces: a ``tsvector`` on PostgreSQL, which an index finds them in.

    The words are quoted, because PostgreSQL must not parse them: its words are not those of the other stores.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return value
        return quoted(value.split())


def quoted(words: Iterable[str]) -> str:
    """Return the words as PostgreSQL reads them; they have only letters and digits, so that none needs an escape."""
    return " ".join(f"'{word}'" for word in words)


def is_valid_id(ref: UUID | int) -> bool:
    """Return whether a row can have this id or number; other numbers are out of the range of the column."""
    return isinstance(ref, UUID) or 0 < ref < 2**63


def enum_column(choice: type[Choice], name: str) -> Enum:
    """Return the type of an enumeration's values: text with a CHECK constraint."""
    return Enum(
        choice,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


def identity_column() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)
