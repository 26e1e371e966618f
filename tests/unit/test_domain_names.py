"""Names of the domain: no published name of a contract occurs in it, and each contract translates the domain's."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from marshmallow import Schema

from orders_adapters.serialization.broker_messages import published_data
from orders_domain import Event, errors
from orders_domain.errors import InvalidValue, TotalMismatch
from orders_domain.model.address import Address
from orders_domain.model.values.json_values import JSON
from orders_flask import contracts
from orders_flask.contracts.checkout.schemas import _SNAPSHOT
from orders_flask.web.idempotency import FIELD_NAMES

AT = datetime(2026, 3, 14, tzinfo=UTC)
DOMAIN = Path(errors.__file__).parents[1]

# The terms that the domain shares with a contract, because they are the field's own.
SHARED = {
    "kind",
    "max_stock",
    "min_stock",
    "changes",
    "request_id",
    "role",
    "actor",
    "at",
    "available",
    "average_order_value",
    "average_unit_price",
    "bucket",
    "by_status",
    "checked_at",
    "created_at",
    "currency",
    "cursor",
    "description",
    "details",
    "done",
    "email",
    "error",
    "errors",
    "event",
    "failed",
    "from_status",
    "id",
    "item_count",
    "items",
    "job_id",
    "limit",
    "low_stock",
    "low_stock_threshold",
    "message",
    "name",
    "order",
    "order_id",
    "order_ids",
    "orders",
    "out_of_stock",
    "password",
    "price",
    "product_id",
    "quantity",
    "reason",
    "requested",
    "revenue",
    "series",
    "sku",
    "start",
    "status",
    "status_changes",
    "subtotal",
    "template_id",
    "to_status",
    "token",
    "title",
    "top_products",
    "total",
    "total_products",
    "total_quantity",
    "totals",
    "type",
    "unit_price",
    "updated",
    "updated_at",
    "user_id",
    "version",
}
PROTOCOL_NAMES = {"Idempotency-Key", "If-Match", "If-None-Match", "ETag", "Location", "Retry-After", "sub"}
TRACKING_NAMES = {"eventId", "orderID", "shipmentID", "occurredAt"}

# The fields of which a contract's requests have no counterpart, so that none of its errors can name them.
ADDRESS = {field.name for field in fields(Address)}
ACCOUNTS = {"role", "scope", "scopes", "subject", "request_id"}
SIGN_IN = {"email", "password"}
LIFE = {
    *("billing", "charges", "code", "contact", "life", "lines", "metadata", "reference", "shipping", "source", "tags"),
    *("amount_minor", "carrier", "event_id", "provider", "recorded_at", "tracking_number", "updated_since"),
    *("seconds", "stock_hold_id"),
    *("url", "types", "overlap_seconds"),  # of webhooks
}
"""The fields that only requests of the contract `shop` have."""
PRODUCTS = {"name", "sku", "description", "stock", "low_stock_threshold", "requested_items", "text"}
REPORTS = {"since", "before", "placed_from", "placed_before", "offset", "order_ids"}
COMMANDS = {"gap", "address", "language", "updated_before"}  # of the command line only, or computed from a request
WITHOUT: Mapping[str, set[str]] = {
    "orders": ACCOUNTS | SIGN_IN | LIFE | ADDRESS | PRODUCTS | REPORTS | COMMANDS
    | {"cart", "occurred_at", "order", "price", "quantity", "reason", "shipment_id"},
    "management": ACCOUNTS - {"role", "request_id"} | SIGN_IN | LIFE | COMMANDS
    | {"cart", "id", "occurred_at", "order", "shipment_id"},
    "ostore": ACCOUNTS | LIFE | ADDRESS | PRODUCTS | REPORTS | COMMANDS
    | {"cart", "currency", "id", "limit", "occurred_at", "order", "reason"},
    "checkout": ACCOUNTS | SIGN_IN | LIFE | ADDRESS | PRODUCTS | REPORTS | COMMANDS
    | {"items", "limit", "occurred_at", "price", "quantity", "shipment_id", "total"},
    "shop": (ACCOUNTS - {"role", "subject"}) | COMMANDS - {"language"}
    | {"before", "billing", "cart", "contact", "description", "life", "low_stock_threshold", "offset",
       "order_ids", "password", "price", "requested_items", "shipment_id", "shipping", "since", "stock"},
}  # fmt: skip


@cache
def schema_names(contract: str) -> frozenset[str]:
    """The members of all bodies and queries of a contract."""
    package = importlib.import_module(f"orders_flask.contracts.{contract}")
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    ]
    schemas = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Schema)
    ]
    return frozenset(name for schema in schemas for name in schema._declared_fields)


def message_names() -> set[str]:
    data: dict[str, JSON] = {"user_id": "ada", "number": 7, "status": "PAID", "stock": 1}
    messages = [
        published_data(Event(id=UUID(int=1), type=type_, order_id=UUID(int=2), version=1, at=AT, data=data))
        for type_ in ("orders.user_notification.v1", "orders.stock_low.v1")
    ]
    return {name for message in messages for name in message} - data.keys()


OURS = "shop"
"""The service's own contract, whose names are the domain's."""


def published_names() -> set[str]:
    return {
        *(name for contract in contracts.CONTRACTS if contract != OURS for name in schema_names(contract)),
        *(message_names() | PROTOCOL_NAMES | TRACKING_NAMES),
    }


def snapshot_names(schema: Mapping[str, Any] = _SNAPSHOT) -> set[str]:
    """The members of a cart snapshot, a document that the domain stores unchanged and therefore knows."""
    nested = [*schema.get("properties", {}).values(), schema.get("items", {})]
    return set(schema.get("properties", {})).union(*(snapshot_names(part) for part in nested if part))


def names_in(source: str) -> Iterator[str]:
    """Yield identifiers, strings, and the words of texts that cannot be plain English."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
            yield from (word for word in re.findall(r"[\w-]+", node.value) if re.search(r"[_-]|.[A-Z]", word))
        yield from (
            name
            for attribute in ("id", "attr", "arg", "name")
            if isinstance(name := getattr(node, attribute, None), str)
        )


def leaks(directory: Path) -> set[tuple[str, str]]:
    foreign = published_names() - SHARED
    return {
        (file.name, name)
        for file in directory.rglob("*.py")
        for name in foreign.intersection(names_in(file.read_text()))
        if not (file.name == "cart.py" and name in snapshot_names())
    }


def test_domain_has_no_published_name() -> None:
    assert leaks(DOMAIN) == set()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ('ERROR = InvalidValue("Must be known.", field="total_price")', "total_price"),
        ('data = {"orderID": 7}', "orderID"),
        ("stock_quantity: int = 0", "stock_quantity"),
        ("def find(*, start_date): ...", "start_date"),
        ('raise InvalidValue(f"The Idempotency-Key {error}.")', "Idempotency-Key"),
        ('claims["sub"]', "sub"),
        ('x = "cartSnapshot"', "cartSnapshot"),
    ],
)
def test_published_name_in_domain_is_found(tmp_path: Path, code: str, name: str) -> None:
    (tmp_path / "cart.py").write_text(f'"""Docstrings may name order_items."""\n\n{code}\n')

    assert leaks(tmp_path) == {("cart.py", name)}


def test_every_shared_term_is_used_by_both() -> None:
    used = {name for file in DOMAIN.rglob("*.py") for name in names_in(file.read_text())}

    assert published_names() & used >= SHARED


def error_fields() -> set[str]:
    """The names of the fields that errors of the domain can have, without those within a cart snapshot."""
    found: set[str] = set()
    for file in DOMAIN.rglob("*.py"):
        names = set(error_fields_in(ast.parse(file.read_text())))
        found |= names - snapshot_names() if "cart" in file.name else names
    return {name for name in found if "." not in name}


def error_fields_in(tree: ast.Module) -> Iterator[str]:
    """Yield the literal names; if a name is computed, also the module's attributes that it has as strings."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "field"]
    yield from (str(node.value) for node in named if isinstance(node, ast.Constant))
    if not all(isinstance(node, ast.Constant) for node in named):
        groups = [node for node in ast.walk(tree) if isinstance(node, ast.Tuple | ast.Call)]
        nodes = [part for group in groups for part in ast.iter_child_nodes(group)]
        strings = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
        attributes = {
            node.target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        yield from attributes if "fields(self)" in ast.unparse(tree) else strings & attributes


def test_error_fields_are_found() -> None:
    assert error_fields() >= {"total", "user_id", "line2", "since", "placed_from", "low_stock_threshold", "key", "cart"}


@pytest.mark.parametrize("contract", contracts.CONTRACTS)
def test_every_error_field_is_published_or_absent(contract: str) -> None:
    translated = {**FIELD_NAMES, **contracts.CONTRACTS[contract]().field_names}
    published = schema_names(contract)
    unchanged = (published & error_fields()) - translated.keys()

    assert set(translated.values()) <= published | PROTOCOL_NAMES
    assert error_fields() - translated.keys() - unchanged == WITHOUT[contract]


def test_error_is_renamed_with_its_text() -> None:
    error = InvalidValue("id must be a string.", field="id").renamed({"id": "eventId"})

    assert (str(error), error.field) == ("eventId must be a string.", "eventId")


def test_renamed_error_keeps_class_and_other_text() -> None:
    error = TotalMismatch("The total must be the sum.", field="total").renamed({"total": "total_price"})

    assert (type(error), str(error), error.field) == (TotalMismatch, "The total must be the sum.", "total_price")


def test_error_of_other_field_is_unchanged() -> None:
    error = InvalidValue("x", field="quantity")

    assert error.renamed({"total": "total_price"}) is error
    assert InvalidValue("x").renamed({"total": "total_price"}).field is None
