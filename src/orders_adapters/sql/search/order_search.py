"""Search for orders by their words: statements whose cost is bounded, however many orders have a word.

A page of a text that many orders have ends soon in the sequence of the list, and a text that few have is found by the
index. The planner cannot know which it is, because it estimates each word by itself and orders have them together; so
the statements count what they find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from orders_adapters.sql import tables
from orders_adapters.sql.tables.triggers import WORD_INDEX
from orders_domain.model.order_filter import Sort
from orders_domain.model.search.search_text import SearchText, SearchWord

READ_FIRST = 1_000
"""Orders of the list that are compared with the text before the index is used."""
MAX_FOUND = 5_000
"""Orders with the text that are read by the index and sorted; if more have it, the list is compared to its end."""

_orders = tables.orders.c
_words = tables.order_words.c
_index = table(WORD_INDEX, column("word", String), column("order_id", Uuid))
_LAST = "\U0010ffff"  # no letter, and after all of them
# From a subquery, because the planner would estimate the words of a parameter that it knows.
_TSQUERY = select(cast(bindparam("words", type_=String), TSQUERY)).scalar_subquery()
_FOUND = (
    select(_words.order_id)
    .where(_words.words.op("@@", is_comparison=True)(_TSQUERY))
    .limit(MAX_FOUND + 1)
    .cte("found")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
_FEW = select(func.count()).select_from(_FOUND).scalar_subquery() <= MAX_FOUND


def matching_rows(
    connection: Connection, text: SearchText, statement: Select[Any], values: Mapping[str, Any], *, sort: Sort
) -> Sequence[Row[Any]]:
    """Return the orders of the statement, which is a page with ``limit`` and ``offset``, that have the text."""
    if connection.dialect.name == "sqlite":
        return connection.execute(statement.where(_sqlite_condition(connection, text.alternatives)), values).all()
    values = {**values, "words": _tsquery(text)}
    if not values["offset"]:
        rows = connection.execute(_first(statement, sort), values).all()
        if len(rows) == values["limit"]:
            return rows
    found = statement.where(_FEW, _orders.id.in_(select(_FOUND.c.order_id)))
    compared = statement.where(~_FEW, _has_text(_orders.id))
    return connection.execute(union_all(found, compared), values).all()


def _first(statement: Select[Any], sort: Sort) -> Select[Any]:
    """Return the statement of the matching orders among the first of the list.

    Only the page is read with its shipments, and not each order that is compared.
    """
    keys = (_orders[sort.field], _orders.id)
    first = statement.with_only_columns(*keys).limit(READ_FIRST).offset(None).subquery("first")
    matching = _sorted(select(first.c.id).where(_has_text(first.c.id)), *first.c, sort=sort)
    page = select(*statement.selected_columns).where(_orders.id.in_(matching.limit(bindparam("limit"))))
    return _sorted(page, *keys, sort=sort)


def _sorted(statement: Select[Any], *keys: ColumnElement[Any], sort: Sort) -> Select[Any]:
    return statement.order_by(*(key.desc() if sort.is_descending else key for key in keys))


def _has_text(order_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition for each order by itself, for which no index of words is used."""
    has_text: ColumnElement[bool] = _words.words.op("@@", is_comparison=True)(_TSQUERY)
    return select(has_text).where(_words.order_id == order_id).scalar_subquery()


def _tsquery(text: SearchText) -> str:
    """Return the text as PostgreSQL writes it; words have only letters and digits, so that none needs an escape."""
    ways = (" & ".join(f"'{word.text}'{'' if word.exact else ':*'}" for word in way) for way in text.alternatives)
    return " | ".join(f"({way})" for way in ways)


def _sqlite_condition(connection: Connection, ways: Sequence[Sequence[SearchWord]]) -> ColumnElement[bool]:
    counts = {word: _count(connection, word) for way in ways for word in way}
    rarest = [min(way, key=counts.__getitem__) for way in ways]
    if all(counts[word] <= MAX_FOUND for word in rarest):
        with_words = _index.join(tables.order_words, _index.c.order_id == _words.order_id)
        found = (
            select(_words.order_id).select_from(with_words).where(_in_index(word), *map(_in_words, way))
            for word, way in zip(rarest, ways, strict=True)
        )
        return _orders.id.in_(union_all(*found))
    has_text = or_(*(and_(*map(_in_words, way)) for way in ways))
    return select(has_text).where(_words.order_id == _orders.id).scalar_subquery()


def _count(connection: Connection, word: SearchWord) -> int:
    """Return the number of entries of the word in the index, or one more than the maximum."""
    entries = select(_index.c.order_id).where(_in_index(word)).limit(MAX_FOUND + 1).subquery()
    return int(connection.scalars(select(func.count()).select_from(entries)).one())


def _in_index(word: SearchWord) -> ColumnElement[bool]:
    if word.exact:
        return _index.c.word == word.text
    return and_(_index.c.word >= word.text, _index.c.word < word.text + _LAST)


def _in_words(word: SearchWord) -> ColumnElement[bool]:
    text = f" {word.text} " if word.exact else f" {word.text}"
    return func.instr(literal(" ") + _words.words + " ", text) > 0
