"""JSON of the columns: a value that is read equals the one that was written, and every other one is an error."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from orders_adapters.sql.engine.engine import json_text, json_value
from orders_domain.model.status import OrderStatus


@pytest.mark.parametrize(
    "value",
    [
        {"a": None, "b": [1.0, 1e22, -0.0, 2**63 - 1, -(2**63)], "c": "ü\U0001f600\u2028"},
        {"null": "null"},
        [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**40, {"null": None, "n": -(10**30)}],
        [1e-7, 5e-324, 1.7976931348623157e308, 123456789012345678.0, 12345678901234567890123.0],
        "12345678901234567890123",
        [],
    ],
)
def test_column_returns_what_was_written(value: Any) -> None:
    text = json_text(value)
    assert repr(json_value(text)) == repr(json_value(text.encode())) == repr(value)


def test_mapping_is_written_as_an_object() -> None:
    assert json_text(MappingProxyType({"a": MappingProxyType({})})) == '{"a":{}}'


@pytest.mark.parametrize("key", [1, 1.5, True, None])
def test_key_that_is_no_text_becomes_one(key: Any) -> None:
    assert json_text({key: 1}) == json.dumps({key: 1}, separators=(",", ":"))


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 1, tzinfo=UTC), Decimal("1.5"), b"a", {UUID(int=1): 1}, {(1, 2): 1}]
)
def test_value_that_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        json_text([value])


def test_choice_and_id_are_written_as_their_text() -> None:
    assert json_text([OrderStatus.PENDING, UUID(int=1)]) == f'["{OrderStatus.PENDING.value}","{UUID(int=1)}"]'


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_half_of_a_pair_is_refused_by_the_database(text: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        json_text([text]).encode()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": [number]})
