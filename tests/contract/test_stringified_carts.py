"""Carts signed over the text of JSON.stringify: made by Node, verified here, and tampered with in both forms."""

import hashlib
import hmac
import json
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orders_adapters.security.cart_signatures import HmacCartVerifier, canonical, stringified
from orders_domain.errors import InvalidCart
from orders_domain.model.cart import Cart
from orders_flask.web.json_parser import parse_json
from orders_flask.web.problems import MalformedBody
from tests.contract.test_signing import cart
from tests.support.depth import effort
from tests.support.report import for_want_of

HERE = Path(__file__).parent
RECORDED = [line for line in (HERE / "stringified_carts.jsonl").read_bytes().split(b"\n") if line]
"""Carts as Node has signed and written them."""
SECRET = "a secret of the cart service of 32 bytes or more"
CARTS = effort(80, 5_000)
FORMS = pytest.mark.parametrize("form", [canonical, stringified], ids=["canonical", "stringified"])
Form = Callable[[dict[str, Any]], bytes]


def signed(form: Form, content: dict[str, Any]) -> dict[str, Any]:
    return content | {"signature": hmac.new(SECRET.encode(), form(content), hashlib.sha256).hexdigest()}


def accepted(text: bytes) -> dict[str, Any] | None:
    """The values that the service would use if it accepts the text as a signed cart, otherwise None."""
    try:
        snapshot = Cart(parse_json(text))
    except (MalformedBody, InvalidCart, TypeError):
        return None
    return dict(snapshot.content) if HmacCartVerifier([SECRET])(snapshot) else None


def spelt(value: Any) -> str:
    """The text of a value, so that 1, 1.0 and true differ, and the orders of members too."""
    return json.dumps(value)


@pytest.mark.clause("004-02", "004-05")
def test_recorded_carts_of_node_are_valid() -> None:
    assert len(RECORDED) == 8
    assert [text for text in RECORDED if accepted(text) is None] == []
    assert [text for text in RECORDED if HmacCartVerifier([SECRET[:-1], ""])(Cart(parse_json(text)))] == []


@pytest.mark.clause("004-02", "004-05")
def test_carts_that_node_signs_now_are_valid() -> None:
    if not (node := shutil.which("node")):
        for_want_of("Node", why="node must not be missing from the path")
    chance = Random(20261127)
    recorded = [json.dumps(json.loads(text)) for text in RECORDED]
    sent = "".join(f"{text}\n" for text in [*recorded, *(json.dumps(cart(chance)) for _ in range(CARTS))])
    command = [node, str(HERE / "sign_stringified.js"), SECRET]
    ran = subprocess.run(command, input=sent.encode(), capture_output=True, timeout=100, check=True)
    texts = ran.stdout.rstrip(b"\n").split(b"\n")

    assert texts[: len(RECORDED)] == RECORDED
    assert len(texts) == len(RECORDED) + CARTS
    assert [text for text in texts if accepted(text) is None] == []
    snapshots = [parse_json(text) for text in texts]
    mixed = [snapshot | {"signature": other["signature"]} for snapshot, other in pairwise(snapshots)]
    assert not any(map(HmacCartVerifier([SECRET]), map(Cart, mixed[len(RECORDED) :])))


@FORMS
@pytest.mark.clause("004-05")
def test_each_changed_byte_is_detected(form: Form) -> None:
    """A byte that is changed makes the text invalid, or another spelling of the same values."""
    for number, content in enumerate(parse_json(text) for text in RECORDED[:2]):
        text = _text(signed(form, content))
        values = spelt(accepted(text))
        bits = range(8) if number == 0 and effort(0, 1) else [number]
        for place in range(len(text)):
            for bit in bits:
                changed = bytearray(text)
                changed[place] ^= 1 << bit
                assert spelt(accepted(bytes(changed))).lower() in ("null", values.lower()), bytes(changed)


@FORMS
@pytest.mark.clause("004-05")
def test_reordered_members_are_refused_in_the_stringified_form_only(form: Form) -> None:
    chance, reordered = Random(3), 0
    for content in (cart(chance) for _ in range(60)):
        snapshot = signed(form, content)
        other = shuffled(snapshot, chance)
        moved = stringified(other) != stringified(snapshot)
        reordered += moved
        assert (accepted(_text(other)) is not None) == (form is canonical or not moved)
    assert reordered > 50


def shuffled(value: Any, chance: Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(element, chance) for element in value] if isinstance(value, list) else value


@FORMS
@pytest.mark.clause("004-05")
def test_other_spellings_have_the_signed_values_or_are_refused(form: Form) -> None:
    content = parse_json(RECORDED[0]) | {"note": "a/b é", "ratio": 1, "deep": {"twice": [0.5, {"x": 1}]}}
    text = _text(signed(form, content)).decode()
    assert accepted(text.encode()) is not None
    same = {
        '"a/b é"': ('"a\\u002fb é"', '"a\\/b \\u00e9"', '"\\u0061/b é"'),
        '"ratio":1': ('"ratio":1.0', '"ratio":1e0', '"ratio":10E-1', '"ratio" :\t1', '"\\u0072atio":1'),
        '"deep":{': ('"deep": {', '"deep":{\n'),
        "0.5": ("0.50", "5e-1"),
        '"zero":0': ('"zero":-0', '"zero":-0.0', '"zero":0e7'),
    }
    refused = {
        '"a/b é"': ('"a/b e"', '"a/b e\\u0301"', '"a/b \\ud83d"', '"a/b é "', '"a/b é\\u0000"'),
        '"ratio":1': (
            '"ratio":1.0000000000000002',
            '"ratio":true',
            '"ratio":"1"',
            '"ratio":1,"ratio":1',
            '"ratio":2,"ratio":1',
        ),
        '"deep":{': ('"deep":{"y":1,', '"deep":{"x":1,', '"Deep":{', '"deep":{},"deep":{'),
        "0.5": ("0.5000000000000000000001", "0.49999999999999999999", "5e-999"),
        '"qty":2': ('"qty":2.0', '"qty":2e0', '"qty":3', '"qty":2,"qty":2', '"qty":2,"quantity":2', '"qty":-0'),
        '"cartVersion":3': (
            '"cartVersion":3.0',
            '"cartVersion":9007199254740992',
            '"cartVersion":99999999999999999999',
        ),
        '"unitPriceCents":2500': ('"unitPriceCents":0', '"unitPriceCents":25e2', '"unitPriceCents":null'),
        '"userId":null': ('"userId":"ann"', '"userid":null'),
    }
    for original, spellings in same.items():
        for spelling in spellings:
            assert text.count(original) == 1, original
            assert accepted(text.replace(original, spelling).encode()) == content | {
                "signature": signed(form, content)["signature"]
            }, spelling
    for original, spellings in refused.items():
        for spelling in spellings:
            assert text.count(original) == 1, original
            assert accepted(text.replace(original, spelling).encode()) is None, spelling


@pytest.mark.clause("004-05")
def test_a_signature_holds_for_one_set_of_values_whatever_its_form() -> None:
    """A cart signed in one form and read in the other has the same values: both texts are JSON of the cart."""
    chance = Random(11)
    for content in (cart(chance) for _ in range(100)):
        for form in (canonical, stringified):
            assert parse_json(form(content)) == {name: value for name, value in content.items() if name != "signature"}
        assert parse_json(stringified(content)) == parse_json(canonical(content))
        assert list(parse_json(stringified(content))) == list(content)


def _text(snapshot: dict[str, Any]) -> bytes:
    """The text of the whole snapshot with its signature last, as JSON.stringify would send it."""
    unsigned = {name: value for name, value in snapshot.items() if name != "signature"}
    return stringified(unsigned)[:-1] + f',"signature":"{snapshot["signature"]}"}}'.encode()
