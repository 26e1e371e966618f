"""Strict JSON parser: accepted bodies are parsed unchanged, and all others are rejected."""

import json
import math
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_flask.web.json_parser import MAX_NUMBER_LENGTH, parse_json
from orders_flask.web.problems import MalformedBody
from tests.support.cases import each_case

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_any_json_is_parsed_unchanged(value: Any) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@given(st.binary())
def test_any_other_bytes_are_rejected(body: bytes) -> None:
    with suppress(MalformedBody):
        assert parse_json(body) == json.loads(body)


@given(values, st.integers(min_value=0))
def test_truncated_or_repeated_body_is_rejected(value: Any, where: int) -> None:
    document = json.dumps({"order": value}).encode()

    with pytest.raises(MalformedBody):
        parse_json(document[: where % len(document)])
    with pytest.raises(MalformedBody):
        parse_json(document + document)


@given(st.dictionaries(st.text(), values, min_size=1), values)
def test_duplicate_member_is_rejected_at_any_depth(members: dict[str, Any], other: Any) -> None:
    name = json.dumps(next(iter(members)))
    body = json.dumps(members)[:-1] + f", {name}: {json.dumps(other)}}}"

    for text in (body, f"[{body}]", f'{{"in": {body}}}'):
        with pytest.raises(MalformedBody, match="duplicate member names"):
            parse_json(text.encode())


@each_case(
    ("body", "why"),
    [
        (b"NaN", "NaN"), (b"[Infinity]", "Infinity"), (b'{"a": -Infinity}', "-Infinity"), (b"1e400", "double"),
        (b"-1e400", "double"), (b"1" * 401, "400"), (b"9" * 5_000, "400"), (b"-" + b"9" * 5_000, "400"),
        (b"0." + b"1" * 5_000, "double"), (b"[" * 100_000, "deep"), (b'{"a":' * 100_000, "deep"),
        (b'"\xff"', "UTF-8; byte 2"), (b"", "JSON"),
        (b'"\xed\xa0\x80"', "UTF-8"),
    ],
)  # fmt: skip
def test_rejection_states_its_reason(body: bytes, why: str) -> None:
    with pytest.raises(MalformedBody, match=why):
        parse_json(body)


@pytest.mark.parametrize("text", ["9" * MAX_NUMBER_LENGTH, "-" + "9" * (MAX_NUMBER_LENGTH - 1)])
def test_integer_of_400_digits_is_parsed(text: str) -> None:
    assert parse_json(text.encode()) == int(text)


@each_case(
    "text",
    ["-0.0", "1e308", "5e-324", "0.1", "75.50", "7550e-2", "1.0", "0e5", "0.000e-400", "1" + "0" * 300 + ".0",
     "0.30000000000000004", "1E+2"],
)  # fmt: skip
def test_fraction_is_parsed_as_equal_double(text: str) -> None:
    read = parse_json(text.encode())

    assert type(read) is float
    assert (read, math.copysign(1, read)) == (float(text), math.copysign(1, float(text)))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_fraction_is_parsed_precisely_or_rejected(number: Decimal) -> None:
    with suppress(MalformedBody):
        assert abs(Decimal(repr(parse_json(f"{number:E}".encode()))) - number) <= abs(number) * Decimal("2e-16")


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["r", ".17g", ".16e", "E"]))
def test_every_spelling_of_a_double_is_parsed(number: float, way: str) -> None:
    """The shortest form, as in JavaScript and Python, or 17 digits, as in older programs."""
    text = {"r": repr(number), "E": f"{Decimal(repr(number)):E}"}.get(way) or f"{number:{way}}"

    assert parse_json(text.encode()) == number


@each_case(
    "text",
    ["75.00000000000000000001", "1e-999", "1e-400", "-1e-99999999999999999999", "0." + "1" * 390, "3e-324",
     "9007199254740993.0", "0.1000000000000000055"],
)  # fmt: skip
def test_fraction_without_equal_double_is_rejected(text: str) -> None:
    for body in (text, f'{{"items": [{{"a": [{text}]}}]}}'):
        with pytest.raises(MalformedBody, match="more precise than a double"):
            parse_json(body.encode())
