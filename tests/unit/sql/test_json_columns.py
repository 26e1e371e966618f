"""JSON of the columns: a value that is read equals the one that was written, and every other one is an error."""

from types import MappingProxyType
from typing import Any

import orjson
import pytest

from orders_adapters.sql.engine.engine import json_text


@pytest.mark.parametrize(
    "value",
    [
        {"a": None, "b": [1.0, 1e22, -0.0, 2**63 - 1, -(2**63)], "c": "ü\U0001f600\u2028"},
        {"null": "null"},
        [],
    ],
)
def test_column_returns_what_was_written(value: Any) -> None:
    assert repr(orjson.loads(json_text(value))) == repr(value)


def test_mapping_is_written_as_an_object() -> None:
    assert json_text(MappingProxyType({"a": MappingProxyType({})})) == '{"a":{}}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": [number]})
