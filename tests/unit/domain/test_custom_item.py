"""A line of an order: kept as sent, and refused where some database, cache or broker could not give it back."""

import json
from typing import Any

import pytest
from hypothesis import given

from orders_domain import CustomItem
from orders_domain.errors import InvalidItem
from orders_domain.model.json_values import MAX_DEPTH
from tests.support.json_objects import JSON_OBJECTS


def nested(levels: int) -> dict[str, Any]:
    """An object with so many levels of arrays and objects, itself the first."""
    value: Any = "the bottom"
    for level in range(levels - 1):
        value = [value] if level % 2 else {"inside": value}
    return {"outermost": value}


@given(JSON_OBJECTS)
def test_any_json_object_is_an_item_and_stays_as_sent(sent: dict[str, Any]) -> None:
    before = json.dumps(sent)

    item = CustomItem(sent)

    assert json.dumps(item.content) == before  # the members' order, 1 and 1.0, 0.0 and -0.0 are told apart here


@pytest.mark.parametrize("sent", [None, True, 7, 7.5, "lamp", ["lamp"], [["sku", "LAMP-1"]], (), b"{}"], ids=repr)
def test_what_is_no_object_is_no_item(sent: Any) -> None:
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


@pytest.mark.parametrize("value", UNSTORABLE.values(), ids=list(UNSTORABLE))
def test_what_cannot_be_stored_is_refused_wherever_it_stands(value: Any) -> None:
    contents: tuple[Any, ...] = ({"note": value}, {"deep": [{"er": [1, value]}]}, {"first": 1, "second": [[value]]})
    for content in contents:
        with pytest.raises(InvalidItem) as refusal:
            CustomItem(content)
        assert refusal.value.field == "items"


@pytest.mark.parametrize("name", ["NUL\x00inside", "\udfff"], ids=["NUL", "surrogate"])
def test_the_names_of_members_are_text_too(name: str) -> None:
    contents: tuple[Any, ...] = ({name: 1}, {"inside": [{name: 1}]})
    for content in contents:
        with pytest.raises(InvalidItem):
            CustomItem(content)


def test_the_least_and_the_largest_of_64_bits_are_kept() -> None:
    content = {"least": -(2**63), "largest": 2**63 - 1}

    assert CustomItem(content).content == content


def test_an_item_is_nested_32_levels_deep_at_most() -> None:
    assert CustomItem(nested(MAX_DEPTH)).content == nested(MAX_DEPTH)

    with pytest.raises(InvalidItem, match="deeper than 32"):
        CustomItem(nested(MAX_DEPTH + 1))


def test_a_hundred_thousand_levels_are_refused_not_recursed_into() -> None:
    with pytest.raises(InvalidItem, match="deeper"):
        CustomItem(nested(100_000))


def test_signs_beyond_the_basic_plane_and_control_characters_are_text() -> None:
    content = {"name": "Lámpara 💡 电灯 \u202e\x01\x7f\u2028", "💡": "'; DROP TABLE orders; --"}

    assert CustomItem(content).content == content
