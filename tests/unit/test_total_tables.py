"""Tables keyed by an enumeration: each is complete, and refused when it is built otherwise."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from orders_adapters.serialization import broker_messages
from orders_adapters.sql import analytics as sql_analytics
from orders_domain import Kind, OrderStatus, StatusVocabulary, errors
from orders_domain.model import access_rules, analytics, events, history, status, tracking
from orders_domain.model.jobs import FileFormat
from orders_domain.model.life.shipments import ShipmentState
from orders_domain.model.notification import Channel
from orders_domain.model.order_filter import Sort
from orders_domain.model.personal import contents
from orders_domain.model.values.total_table import total_table
from orders_domain.model.webhooks.delivery import DeliveryState
from orders_flask.cli import notify
from orders_flask.console import orders as console_orders
from orders_flask.contracts import checkout, management, orders, ostore, shop
from orders_flask.web import problems
from orders_flask.web.background import file_transfer
from orders_flask.workers import webhook_deliverer
from tests.support.cases import each_case

SOURCES = Path(errors.__file__).parents[2]
BUCKETS = analytics.Bucket
TABLES: Mapping[str, tuple[Iterable[Any], Sequence[Mapping[Any, Any]]]] = {
    "orders_domain/model/status.py": (OrderStatus, [status.TRANSITIONS]),
    "orders_domain/model/access_rules.py": (set(OrderStatus) - {OrderStatus.PENDING}, [access_rules._STATUS_ACTIONS]),
    "orders_domain/model/tracking.py": (OrderStatus, [tracking.REACHED]),
    "orders_domain/model/analytics.py": (BUCKETS, [analytics.MAX_DAYS]),
    "orders_domain/model/events.py": (history.KINDS, [events.EVENT_TYPES]),
    "orders_domain/model/personal/contents.py": (history.KINDS, [contents.DETAILS]),
    "orders_adapters/serialization/broker_messages.py": (
        OrderStatus,
        [broker_messages.NOTIFICATION_STATUSES.names, broker_messages.MESSAGES],
    ),
    "orders_adapters/sql/analytics.py": (BUCKETS, [sql_analytics._STARTS["sqlite"]]),
    "orders_flask/cli/notify.py": (Channel, [notify._SENT_BY, notify._VARIABLES]),
    "orders_flask/console/orders.py": (Sort, [console_orders.SORTS]),
    "orders_flask/workers/webhook_deliverer.py": (DeliveryState, [webhook_deliverer._OUTCOMES]),
    "orders_flask/web/problems.py": (Kind, [problems.STATUSES]),
    "orders_flask/contracts/management/errors.py": (Kind, [management.errors.MANAGEMENT_STATUSES]),
    "orders_flask/contracts/ostore/errors.py": (Kind, [ostore.errors.OSTORE_STATUSES]),
    "orders_flask/contracts/checkout/translate.py": (OrderStatus, [checkout.translate.VOCABULARY.names]),
    "orders_flask/contracts/management/translate.py": (OrderStatus, [management.translate.VOCABULARY.names]),
    "orders_flask/contracts/orders/translate.py": (OrderStatus, [orders.translate.VOCABULARY.names]),
    "orders_flask/contracts/ostore/translate.py": (OrderStatus, [ostore.translate.VOCABULARY.names]),
    "orders_flask/contracts/shop/translate.py": (
        OrderStatus,
        [shop.translate.VOCABULARY.names, shop.translate._STATUS_SUMMARIES],
    ),
    "orders_flask/web/background/file_transfer.py": (FileFormat, [file_transfer.MEDIA_TYPES]),
    "orders_flask/contracts/shop/ucp.py": (ShipmentState, [shop.ucp._SHIPMENT_STATES]),
}
PARTIAL = {
    "orders_domain/model/life/paying.py": "only two kinds of facts settle a refund",
    "orders_domain/ports/product_catalog.py": "computed from three numbers",
    "orders_domain/model/access.py": "relations of an actor; a stranger is an actor who has none of them",
}
BUILDERS = {"total_table", "StatusVocabulary"}


def subclasses(kind: type[Enum]) -> Iterator[type[Enum]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def enumerations() -> set[str]:
    return {kind.__name__ for kind in subclasses(Enum) if kind.__module__.startswith("orders_")}


def is_keyed_by(names: set[str], node: ast.Dict) -> bool:
    return any(
        isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name) and key.value.id in names
        for key in node.keys
    )


def unguarded(source: str) -> list[int]:
    """Return the lines of the tables that are keyed by an enumeration and not built by one of ``BUILDERS``."""
    tree, names = ast.parse(source), enumerations()
    guarded = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILDERS
        for argument in node.args
    }
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict) and is_keyed_by(names, node)]
    return [table.lineno for table in tables if id(table) not in guarded]


@each_case("name", TABLES)
def test_table_has_an_entry_for_every_key(name: str) -> None:
    keys, tables = TABLES[name]

    assert [set(table) for table in tables] == [set(keys)] * len(tables)


def test_every_enum_table_is_total() -> None:
    found = {str(file.relative_to(SOURCES)): unguarded(file.read_text()) for file in SOURCES.rglob("*.py")}

    assert {name for name, lines in found.items() if lines} == PARTIAL.keys()


def test_every_builder_call_is_listed() -> None:
    building = {
        str(file.relative_to(SOURCES))
        for file in SOURCES.rglob("*.py")
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILDERS and node.args
            for node in ast.walk(ast.parse(file.read_text()))
        )
    }

    assert building == TABLES.keys()


def test_unguarded_table_is_found() -> None:
    assert unguarded("COLORS = {OrderStatus.PENDING: 'grey'}") == [1]
    assert unguarded("COLORS = total_table(OrderStatus, {OrderStatus.PENDING: 'grey'})") == []


def test_partial_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must have an entry for: Bucket\.MONTH\."):
        total_table(BUCKETS, {BUCKETS.DAY: 1, BUCKETS.WEEK: 7})


def test_table_is_read_only() -> None:
    table = total_table("ab", {"a": 1, "b": 2})

    with pytest.raises(TypeError):
        table["a"] = 3  # type: ignore[index]


def test_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="must not have an entry for: c"):
        total_table("ab", {"a": 1, "b": 2, "c": 3})


def test_partial_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="must have an entry for"):
        StatusVocabulary({OrderStatus.PENDING: "pending"})
