"""Personal data: every stored class, member and column has a decision, and an erased order holds none."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from orders_adapters.sql import tables
from orders_adapters.sql.personal_data.decisions import TABLES, Rows
from orders_domain import Order
from orders_domain.model.accounts.contact import Contact
from orders_domain.model.address import Address
from orders_domain.model.history import HistoryEntry
from orders_domain.model.life.charges import Charge
from orders_domain.model.life.payments import Payment, Refund
from orders_domain.model.life.returns import Return
from orders_domain.model.life.shipments import Shipment, ShipmentEvent
from orders_domain.model.life.state import Hold, Life
from orders_domain.model.personal import contents
from orders_domain.model.personal.cart import CART, ITEM
from orders_domain.model.personal.fates import Fate, redacted

HOWTO = Path(__file__).parents[3] / "docs" / "howto" / "erase-personal-data.md"

STORED: Mapping[type[Any], Mapping[str, object]] = {
    Order: contents.ORDER,
    HistoryEntry: contents.ENTRY,
    Contact: contents.CONTACT,
    Address: contents.ADDRESS,
    Charge: contents.CHARGE,
    Life: contents.LIFE,
    Hold: contents.HOLD,
    Payment: contents.PAYMENT,
    Refund: contents.REFUND,
    Shipment: contents.SHIPMENT,
    ShipmentEvent: contents.SHIPMENT_EVENT,
    Return: contents.RETURN,
}


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored.__name__)
def test_every_member_has_a_decision(stored: type[Any]) -> None:
    members = {member.name for member in fields(stored)} - {"new_entries"}

    assert STORED[stored].keys() == members


def test_every_column_has_one_decision() -> None:
    decided = {name: (decision.retained + " " + decision.erased).split() for name, decision in TABLES.items()}
    columns = {name: list(table.columns.keys()) for name, table in tables.metadata.tables.items()}

    assert {name: sorted(names) for name, names in decided.items()} == {
        name: sorted(names) for name, names in columns.items()
    }


def test_rows_and_columns_agree() -> None:
    for name, decision in TABLES.items():
        assert bool(decision.erased) == (decision.rows is not Rows.UNCHANGED), name
        assert bool(decision.retained) == (decision.rows is not Rows.DELETED), name


def test_howto_has_every_table() -> None:
    text = HOWTO.read_text()

    assert [name for name, decision in TABLES.items() if f"| `{name}` | {decision.rows.value} |" not in text] == []


def test_unknown_members_are_removed() -> None:
    item: dict[str, Any] = {
        "sku": "TEA",
        "quantity": 2,
        "price": "1.50",
        "for": "Ann",
        "product_id": {"by": "Ann"},
        "qty": "x" * 65,
    }

    assert redacted(item, ITEM) == {"sku": "TEA", "quantity": 2, "price": "1.50"}
    assert redacted({"snapshotId": "1", "signature": "ab", "userId": "ann", "email": "ann@example.com"}, CART) == {
        "snapshotId": "1",
        "signature": "erased",
        "userId": None,
    }


@pytest.mark.parametrize(
    ("value", "fate", "left"),
    [
        ("Ann", Fate.REPLACED, "erased"),
        ("expired", Fate.REPLACED, "expired"),
        (None, Fate.REPLACED, None),
        ("", Fate.REPLACED, ""),
        (["vip"], Fate.EMPTIED, []),
        ({"by": "Ann"}, Fate.EMPTIED, {}),
        ("Ann", Fate.NULLED, None),
        (["Ann"], Fate.UNCHANGED, ["Ann"]),
    ],
)
def test_fate_decides_what_is_left(value: Any, fate: Fate, left: object) -> None:
    assert redacted(value, fate) == left
