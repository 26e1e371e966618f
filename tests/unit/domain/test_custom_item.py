"""Custom items of an order: stored unchanged, and rejected if a database, cache or broker could not return them."""

import json
from typing import Any

import pytest
from hypothesis import given

from orders_adapters.testing.json_objects import JSON_OBJECTS
from orders_domain import CustomItem
from orders_domain.errors import InvalidItem
from orders_domain.model.values.json_values import MAX_DEPTH
from tests.support.cases import each_case


def nested(levels: int) -> dict[str, Any]:
    """An object with this number of nested levels, itself included."""
    value: Any = "the bottom"
    for level in range(levels - 1):
        value = [value] if level % 2 else {"inside": value}
    return {"outermost": value}


@given(JSON_OBJECTS)
def test_item_preserves_any_json_object(sent: dict[str, Any]) -> None:
    before = json.dumps(sent)

    item = CustomItem(sent)

    assert json.dumps(item.content) == before  # the text distinguishes the members' order, 1 and 1.0, 0.0 and -0.0


@each_case("sent", [None, True, 7, 7.5, "lamp", ["lamp"], [["sku", "LAMP-1"]], (), b"{}"])
def test_non_object_item_is_rejected(sent: Any) -> None:
    with pytest.raises(InvalidItem) as refusal:
        CustomItem(sent)

    assert refusal.value.field == "items"


UNSTORABLE = {
    "a NUL": "NUL\x00inside",
    "half of a surrogate pair, first": "\ud83d",
    "half of a surrogate pair, last": "Gr\udc00n",
    "not a number": float("nan"),
    "infinity": float("inf"),
    "less than any number": float("-inf"),
    "1e400, as JSON reads it": json.loads("1e400"),
    "2 to the 63": 2**63,
    "one less than the least of 64 bits": -(2**63) - 1,
    "5,000 digits": 10**5_000,
    "bytes": b"lamp",
    "a set": {"lamp"},
    "a member named 7": {7: "lamp"},
    "a member named None": {None: "lamp"},
}


@each_case("value", UNSTORABLE.values(), ids=list(UNSTORABLE))
def test_unstorable_value_is_rejected_at_any_depth(value: Any) -> None:
    contents: tuple[Any, ...] = ({"note": value}, {"deep": [{"er": [1, value]}]}, {"first": 1, "second": [[value]]})
    for content in contents:
        with pytest.raises(InvalidItem) as refusal:
            CustomItem(content)
        assert refusal.value.field == "items"


@pytest.mark.parametrize("name", ["NUL\x00inside", "\udfff"], ids=["NUL", "surrogate"])
def test_unstorable_member_name_is_rejected(name: str) -> None:
    contents: tuple[Any, ...] = ({name: 1}, {"inside": [{name: 1}]})
    for content in contents:
        with pytest.raises(InvalidItem):
            CustomItem(content)


def test_extreme_64_bit_integers_are_accepted() -> None:
    content = {"least": -(2**63), "largest": 2**63 - 1}

    assert CustomItem(content).content == content


def test_nesting_above_32_levels_is_rejected() -> None:
    assert CustomItem(nested(MAX_DEPTH)).content == nested(MAX_DEPTH)

    with pytest.raises(InvalidItem, match="deeper than 32"):
        CustomItem(nested(MAX_DEPTH + 1))


def test_extreme_nesting_is_rejected_without_recursion() -> None:
    with pytest.raises(InvalidItem, match="deeper"):
        CustomItem(nested(100_000))


def test_unicode_and_control_characters_are_accepted() -> None:
    content = {"name": "Lámpara 💡 电灯 \u202e\x01\x7f\u2028", "💡": "'; DROP TABLE orders; --"}

    assert CustomItem(content).content == content
