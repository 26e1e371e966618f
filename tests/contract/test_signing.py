"""Cart signatures: made in other languages and verified here; every changed byte is detected."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orders_adapters.security.cart_signatures import HmacCartVerifier, canonical
from orders_domain.errors import InvalidCart
from orders_domain.model.cart import Cart
from orders_flask.web.json_parser import parse_json
from orders_flask.web.problems import MalformedBody
from tests.support.depth import effort
from tests.support.servers import node

SIGNING = Path(__file__).parents[2] / "docs" / "signing"
CANONICALIZE = "canonicalize@2.1.0"
SECRET = "a secret of the cart service of 32 bytes or more"
CARTS = effort(300, 10_000)
WORDS = (
    "Lamp", "", "Straße", "Дарджилинг", "\U0001f375", "\U0010ffff\ue000", "e\u0301 and \u00e9", "\u2028\u2029",
    '"quoted"', "back\\slash", "/", "\x01\x1f\x7f\b\t", "\u202e<b>", "10", "9", "__proto__", "constructor", "toJSON",
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, 1.0, -1, 0.1, 0.1 + 0.2, 1e-6, 1e-7, 1e21, 1.5e300, 5e-324, 1.7976931348623157e308, 333333333.33333329,
    2**53 - 1, -(2**53) + 1, 1e15, 123456789.125, 4.5, 2e-3, 0.000001234, 9.999999999999999e22,
)  # fmt: skip


@pytest.fixture(scope="module")
def signed_by_node(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Random carts, signed by docs/signing/sign_cart.mjs and parsed like a request body."""
    chance = Random(20261121)
    return [parse_json(line) for line in run_node(tmp_path_factory, [cart(chance) for _ in range(CARTS)])]


def run_node(tmp_path_factory: pytest.TempPathFactory, carts: list[Any], secret: str = SECRET) -> list[bytes]:
    directory = tmp_path_factory.mktemp("node")
    node.installed(CANONICALIZE, within=directory)
    shutil.copy(SIGNING / "sign_cart.mjs", directory)
    sent = "".join(f"{json.dumps(signed_cart)}\n" for signed_cart in carts)
    command = ["node", str(directory / "sign_cart.mjs")]
    environment = os.environ | {"CART_SNAPSHOT_SECRET": secret}
    ran = subprocess.run(command, input=sent.encode(), capture_output=True, timeout=240, env=environment)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.splitlines()


def cart(chance: Random) -> dict[str, Any]:
    """A consistent cart with random JSON content."""
    items: list[dict[str, Any]] = [
        {"quantity": chance.randint(1, 9), "unitPriceCents": chance.randrange(10**6), "title": chance.choice(WORDS)}
        for _ in range(chance.randint(1, 3))
    ]
    return {
        "snapshotId": str(chance.getrandbits(64)),
        "cartId": str(chance.getrandbits(64)),
        "cartVersion": chance.randrange(2**53),
        "currency": "USD",
        "items": items,
        "totals": {
            "itemCount": len(items),
            "totalQuantity": sum(item["quantity"] for item in items),
            "subtotalCents": sum(item["quantity"] * item["unitPriceCents"] for item in items),
            "currency": "USD",
        },
        "createdAt": "2024-01-01T00:05:00.000Z",
        "userId": chance.choice([None, "user-123", "клерк \U0001f4a1"]),
        "pricingSnapshot": anything(chance, levels=chance.choice([1, 2, 3, 28])),
        f"x-{chance.choice(WORDS)}": chance.choice(NUMBERS),
    }


def anything(chance: Random, *, levels: int) -> Any:
    if levels == 0:
        return chance.choice([chance.choice(WORDS), chance.choice(NUMBERS), None, True, False, {}, []])
    inner = anything(chance, levels=levels - 1)
    others = {chance.choice(WORDS): anything(chance, levels=0) for _ in range(chance.randrange(4))}
    return chance.choice([{**others, chance.choice(WORDS): inner}, [*others.values(), inner]])


@pytest.mark.clause("004-02", "004-05")
def test_cart_signed_by_node_is_valid(signed_by_node: list[dict[str, Any]]) -> None:
    signed = HmacCartVerifier([SECRET])

    assert len(signed_by_node) == CARTS
    assert [signed_cart for signed_cart in signed_by_node if not signed(Cart(signed_cart))] == []


@pytest.mark.clause("004-05")
def test_cart_of_other_secret_or_signature_is_invalid(
    signed_by_node: list[dict[str, Any]],
) -> None:
    signed, others = HmacCartVerifier([SECRET]), HmacCartVerifier([SECRET[:-1], "", f"{SECRET} "])
    mixed = pairwise(signed_by_node)

    assert not any(others(Cart(signed_cart)) for signed_cart in signed_by_node[:1_000])
    assert not any(signed(Cart(signed_cart | {"signature": other["signature"]})) for signed_cart, other in mixed)


@pytest.mark.clause("004-05")
def test_changed_byte_is_detected(signed_by_node: list[dict[str, Any]]) -> None:
    chance, spelt_otherwise = Random(1), 0

    for number, signed_cart in enumerate(signed_by_node):
        text = canonical(signed_cart)
        places = range(len(text)) if number < 5 else [chance.randrange(len(text))]
        for place in places:
            changed = bytearray(text)
            changed[place] ^= 1 << chance.randrange(8)
            if accepted(bytes(changed), signed_cart["signature"]):
                assert parse_json(bytes(changed)) == parse_json(text), (number, place)
                spelt_otherwise += 1
        assert accepted(text, signed_cart["signature"])  # so that the change alone causes the rejection
    assert spelt_otherwise < 30  # \u001F for \u001f: another spelling of the same cart, and no change of it


def accepted(text: bytes, signature: str) -> bool:
    """Whether the service would accept the text as a signed cart."""
    try:
        content = parse_json(text)
        return HmacCartVerifier([SECRET])(Cart({**content, "signature": signature}))
    except (MalformedBody, InvalidCart, TypeError):  # no JSON, no cart, or no object
        return False


def test_readme_signature_matches_both_programs(tmp_path_factory: pytest.TempPathFactory) -> None:
    readme = (SIGNING / "README.md").read_text(encoding="utf-8")
    secret = readme.partition("CART_SNAPSHOT_SECRET=")[2].split()[0]
    example = json.loads((SIGNING / "example.json").read_text(encoding="utf-8"))
    python = subprocess.run(
        [sys.executable, SIGNING / "sign_cart.py"],
        input=json.dumps(example),
        env=os.environ | {"CART_SNAPSHOT_SECRET": f"{secret},another"},
        capture_output=True,
        text=True,
        check=True,
    )
    (javascript,) = run_node(tmp_path_factory, [example], secret=f"{secret}, another")

    for signature in (json.loads(python.stdout), json.loads(javascript)):
        assert signature["signature"] in readme
        assert HmacCartVerifier([secret])(Cart(signature))


def test_both_programs_sign_alike(signed_by_node: list[dict[str, Any]]) -> None:
    specification = importlib.util.spec_from_file_location("sign_cart", SIGNING / "sign_cart.py")
    assert specification
    assert specification.loader
    program = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(program)

    assert all(program.sign_cart(signed_cart, SECRET) == signed_cart for signed_cart in signed_by_node)
