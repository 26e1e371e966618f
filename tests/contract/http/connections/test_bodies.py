"""Hostile request bodies: each is rejected in the format of the contract, and no order is created."""

from typing import Any

import pytest

from tests.support.client import Caller, refused
from tests.support.server import Served
from tests.support.service_stack import Stack

DEEP = 100_000


def order(items: str = '[{"sku": "tea"}]', total: str = "1", more: str = "") -> bytes:
    return f'{{"items": {items}, "total_price": {total}{more}}}'.encode("utf-8", "surrogatepass")


UNPARSABLE = {
    "nothing": b"",
    "a space": b" ",
    "truncated": order()[:-1],
    "truncated in a string": b'{"items": [{"sku": "te',
    "two values": order() + order(),
    "a comma too many": b'{"items": [],}',
    "single quotes": b"{'items': []}",
    "a comment": b"/* */" + order(),
    "a form": b"items=1&total_price=1",
    "XML": b"<order/>",
    "two BOMs": b"\xef\xbb\xbf\xef\xbb\xbf" + order(),
    "a BOM inside": order().replace(b":", b":\xef\xbb\xbf"),
    "UTF-16": order().decode().encode("utf-16"),
    "UTF-16 without a BOM": order().decode().encode("utf-16-le"),
    "UTF-32": order().decode().encode("utf-32"),
    "Latin-1": order('[{"sku": "thé"}]').decode().encode("latin-1"),
    "bytes of no text": order().replace(b"tea", b"\xff\xfe"),
    "half a surrogate pair as bytes": order('[{"sku": "\ud800"}]'),
    "NUL in the text": order('[{"sku": "\x00"}]'),
    "NUL after the text": order() + b"\x00",
    "a newline in a string": order('[{"sku": "a\nb"}]'),
    "a bad escape": order(r'[{"sku": "\x41"}]'),
    "half an escape": order(r'[{"sku": "\ud8"}]'),
    "NaN": order(total="NaN"),
    "Infinity": order(total="Infinity"),
    "-Infinity": order(total="-Infinity"),
    "NaN in an item": order('[{"price": NaN}]'),
    "1e400": order(total="1e400"),
    "-1e400 in an item": order('[{"price": -1e400}]'),
    "more decimals than a double keeps": order(total="75.00000000000000000001"),
    "more decimals than a double keeps, in an item": order('[{"price": 0.1000000000000000055}]'),
    "next to nothing": order(total="1e-999"),
    "5,000 digits": order(total="9" * 5_000),
    "5,000 digits in an item": order(f'[{{"price": {"9" * 5_000}}}]'),
    "5,000 decimals": order(total=f"0.{'1' * 5_000}"),
    "an exponent of 5,000 digits": order(total=f"1e{'9' * 5_000}"),
    "a number with a plus": order(total="+1"),
    "a number with a leading zero": order(total="01"),
    "a number in hexadecimal": order(total="0x1"),
    "100,000 arrays, closed": order("[" * DEEP + "]" * DEEP),
    "100,000 arrays, open": b"[" * DEEP,
    "100,000 objects, closed": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "100,000 objects, open": b'{"a":' * DEEP,
    "a name twice": order(more=', "total_price": 1'),
    "a name twice in an item": order('[{"a": 1, "a": 1}]'),
    "a name twice, once escaped": order(more=r', "total\u005fprice": 2'),
}

MISFITS = {
    "null": b"null",
    "true": b"true",
    "a number": b"7",
    "a string": b'"order"',
    "an array": b"[" + order() + b"]",
    "an empty array": b"[]",
    "items null": order("null"),
    "items a string": order('"tea"'),
    "items a number": order("1"),
    "items an object": order('{"sku": "tea"}'),
    "items of numbers": order("[1]"),
    "items of null": order("[null]"),
    "items of strings": order('["tea"]'),
    "items of arrays": order("[[]]"),
    "one of the items no object": order("[{}, 1]"),
    "1,001 items": order("[" + "{}," * 1_000 + "{}]"),
    "300,000 items that are none": order("[" + "1," * 299_999 + "1]"),
    "an item 33 deep": order('[{"a":' + "[" * 33 + "]" * 33 + "}]"),
    "NUL in a value": order(r'[{"sku": "\u0000"}]'),
    "NUL in a name": order(r'[{"\u0000": 1}]'),
    "half a surrogate pair in a value": order(r'[{"sku": "\ud800"}]'),
    "the other half in a value": order(r'[{"sku": "\udc00"}]'),
    "half a surrogate pair in a name": order(r'[{"\ud800": 1}]'),
    "half a surrogate pair deep in an item": order(r'[{"a": [{"b": ["\udfff"]}]}]'),
    "half a surrogate pair for a field": order(more=r', "\ud800": 1'),
    "NUL for a field": order(more=r', "\u0000": 1'),
    "half a surrogate pair for a currency": order(more=r', "currency": "\ud800"'),
    "a whole number beyond 64 bits in an item": order(f'[{{"a": {2**63}}}]'),
    "400 digits in an item": order(f'[{{"a": {"9" * 400}}}]'),
    "total null": order(total="null"),
    "total a string": order(total='"1"'),
    "total true": order(total="true"),
    "total an array": order(total="[1]"),
    "total an object": order(total='{"$numberDecimal": "1"}'),
    "total negative": order(total="-0.01"),
    "total 1e13": order(total="1e13"),
    "total one cent too much": order(total="10000000000.01"),
    "total 1e308": order(total="1e308"),
    "total of 400 digits": order(total="9" * 400),
    "total of three decimals": order(total="1.005"),
    "total 1e-300": order(total="1e-300"),
    "a tenth of a yen": order(total="0.1", more=', "currency": "JPY"'),
    "currency null": order(more=', "currency": null'),
    "currency unknown": order(more=', "currency": "XXX"'),
    "currency in small letters": order(more=', "currency": "usd"'),
    "currency empty": order(more=', "currency": ""'),
    "currency a number": order(more=', "currency": 840'),
    "currency an array": order(more=', "currency": ["USD"]'),
}

ALL = {**UNPARSABLE, **MISFITS}


def assert_nothing_comes_of(stack: Stack, ann: Caller, body: bytes, status: int) -> dict[str, Any]:
    before = stack.everything()

    refusal = refused(ann.post_raw(body), status)

    assert stack.everything() == before
    return refusal


@pytest.mark.clause("000-21")
@pytest.mark.parametrize("body", UNPARSABLE.values(), ids=UNPARSABLE.keys())
def test_unparsable_order_is_400(stack: Stack, ann: Caller, body: bytes) -> None:
    assert_nothing_comes_of(stack, ann, body, 400)


@pytest.mark.clause("000-21", "001-03")
@pytest.mark.parametrize("body", MISFITS.values(), ids=MISFITS.keys())
def test_invalid_order_is_422(stack: Stack, ann: Caller, body: bytes) -> None:
    refusal = assert_nothing_comes_of(stack, ann, body, 422)

    assert len(repr(refusal)) < 300_000


def test_unparsable_patch_is_400(stack: Stack, ann: Caller) -> None:
    path = f"/orders/{ann.place()['id']}"
    before = stack.everything()

    statuses = {
        name: ann.ask("PATCH", path, data=body, content_type="application/json").status_code
        for name, body in UNPARSABLE.items()
    }

    assert statuses == dict.fromkeys(UNPARSABLE, 400)
    assert stack.everything() == before


@pytest.mark.parametrize("zero", ["0", "-0", "0.0", "-0.0", "0e5", "0.00"])
def test_zero_total_is_accepted_in_any_notation(ann: Caller, zero: str) -> None:
    response = ann.post_raw(order(total=zero))

    assert response.status_code == 201
    assert response.json["total_price"] == 0
    assert b"-0" not in response.data.partition(b'"total_price":')[2][:6]


@pytest.mark.parametrize("total", ["10000000000", "1e10", "0.01", "75.50", "7550e-2", "0.1e1"])
def test_total_is_accepted_in_any_notation(ann: Caller, total: str) -> None:
    response = ann.post_raw(order(total=total))

    assert (response.status_code, response.json["total_price"]) == (201, float(total))


@pytest.mark.parametrize("text", [r"\ud83c\udf75", "🍵", r"\u007f", r"\"\\\/\b\f\n\r\t", "\u2028", "\ufeff", "\uffff"])
def test_item_text_is_stored_verbatim(ann: Caller, text: str) -> None:
    placed = ann.post_raw(order(f'[{{"{text}": "{text}"}}]'))

    assert placed.status_code == 201
    assert ann.get(placed.json).json["items"] == placed.json["items"]
    assert ann.list().json[0]["items"] == placed.json["items"]


def test_item_of_depth_32_is_accepted(ann: Caller) -> None:
    assert ann.post_raw(order('[{"a":' + "[" * 30 + "]" * 30 + "}]")).status_code == 201


def test_server_survives_hostile_bodies(served: Served) -> None:
    head = (
        "POST /orders/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nAuthorization: Bearer {served.token('mallory')}\r\n"
    ).encode()

    statuses = {
        name: served.exchange(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)[9:12]
        for name, body in ALL.items()
    }

    expected = dict.fromkeys(UNPARSABLE, b"400") | dict.fromkeys(MISFITS, b"422")
    assert statuses == expected
    assert "Traceback" not in served.output
