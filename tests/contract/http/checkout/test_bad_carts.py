"""Invalid carts: 422 with an error message, and nothing is stored."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.http.checkout.carts import CABLE, LAMP, cart, signed
from tests.contract.http.checkout.client import order, refused
from tests.support.client import Caller, as_json
from tests.support.service_stack import Stack

INVALID = "Invalid snapshot payload"
MEMBERS = ("snapshotId", "cartId", "cartVersion", "currency", "items", "totals", "createdAt")
NO_COUNTS = [0, -1, 10_001, 10**30, 1.0, 1.5, "2", True, None, [], {}]
NO_CENTS = [-1, 10**12 + 1, 10**30, 2500.0, 0.5, "2500", False, None, [2500], {}]


def without(content: dict[str, Any], *path: str) -> dict[str, Any]:
    """The snapshot without one member, at any depth."""
    first, *rest = path
    if rest:
        return content | {first: without(content[first], *rest)}
    return {name: value for name, value in content.items() if name != first}


def totals(**other: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: content | {"totals": content["totals"] | other}


def members(**other: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: content | other


def lamp(**other: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return members(items=[LAMP | other, CABLE])


BAD: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    *((f"no {name}", lambda content, name=name: without(content, name)) for name in MEMBERS),
    *(
        (f"no totals.{name}", lambda content, name=name: without(content, "totals", name))
        for name in ("itemCount", "totalQuantity", "subtotalCents", "currency")
    ),
    *((f"a quantity of {value!r}", lamp(quantity=value)) for value in NO_COUNTS),
    *((f"a price of {value!r}", lamp(unitPriceCents=value)) for value in NO_CENTS),
    ("no quantity", members(items=[without(LAMP, "quantity"), CABLE])),
    ("no price", members(items=[without(LAMP, "unitPriceCents"), CABLE])),
    ("two quantities", lamp(qty=3)),
    ("a qty that is no number beside a quantity", lamp(qty=None)),
    ("no price, but a sum", members(items=[without(LAMP, "unitPriceCents"), without(CABLE, "unitPriceCents")])),
    *((f"itemCount {value!r}", totals(itemCount=value)) for value in (1, 3, 2.0, "2", None, -2, 10**30)),
    *((f"totalQuantity {value!r}", totals(totalQuantity=value)) for value in (2, 4, 3.0, "3", None)),
    *((f"subtotalCents {value!r}", totals(subtotalCents=value)) for value in (7499, 7501, 7500.0, "7500", None)),
    ("no item", members(items=[], totals={"itemCount": 0, "totalQuantity": 0, "subtotalCents": 0, "currency": "USD"})),
    ("items that are none", members(items=[LAMP, "cable"])),
    ("items that are no array", members(items={"0": LAMP})),
    ("totals that are no object", members(totals=[2, 3, 7500])),
    ("an unknown currency", lambda content: totals(currency="XXX")(content) | {"currency": "XXX"}),
    ("a currency in small letters", lambda content: totals(currency="usd")(content) | {"currency": "usd"}),
    ("a currency that is no text", lambda content: totals(currency=840)(content) | {"currency": 840}),
    ("totals of another currency", totals(currency="EUR")),
    ("a snapshot of another currency", members(currency="EUR")),
    ("an item of another currency", lamp(currency="EUR")),
    *((f"userId {value!r:.9}", members(userId=value)) for value in ("", "u" * 256, 7, False, ["ann"], "a\x00b")),
    *((f"cartVersion {value!r}", members(cartVersion=value)) for value in ("5", 5.0, True, None, -1)),
    *((f"snapshotId {value!r:.9}", members(snapshotId=value)) for value in ("", 7, None, "s" * 256)),
    *(
        (f"createdAt {value!r}", members(createdAt=value))
        for value in ("", "yesterday", 1704067500, None, "2024-01-01T00:05:00", "2024-13-01T00:05:00Z")
    ),
    ("a number that JavaScript would round", members(pricingSnapshot={"id": 2**53 + 1})),
    ("a number beyond 64 bits", members(pricingSnapshot={"id": 10**30})),
    ("nested too deep", members(pricingSnapshot=json.loads("[" * 40 + "]" * 40))),
    ("no object", lambda content: [content]),
    ("nothing", lambda content: None),
    ("a string", json.dumps),
]


@pytest.mark.clause("004-14")
@pytest.mark.parametrize(("label", "spoil"), BAD, ids=[label for label, _ in BAD])
def test_invalid_signed_cart_is_422(
    stack: Stack, ann: Caller, label: str, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    spoilt = spoil(cart(ann.subject))
    before = stack.everything()

    response = order(ann, signed_if_can_be(spoilt))

    problem = refused(response, 422)
    assert problem["error"] == INVALID
    assert problem["details"]
    assert "signature" not in problem["details"] or "JavaScript" in label
    assert stack.everything() == before


def signed_if_can_be(content: Any) -> Any:
    try:
        return signed(content)
    except (ValueError, AttributeError):
        return content


@pytest.mark.clause("004-14")
def test_cart_is_limited_to_1000_items(stack: Stack, ann: Caller) -> None:
    tiny = {"sku": "C", "quantity": 1, "unitPriceCents": 1}  # because the cart has at most 64 KiB
    fine, too_many = (cart(ann.subject, *[tiny] * count) for count in (1_000, 1_001))

    assert order(ann, fine, key="fine").status_code == 201
    assert refused(order(ann, too_many, key="too many"), 422)["error"] == INVALID


@pytest.mark.clause("004-05")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: without(content, "signature"),
        lambda content: content | {"signature": None},
        lambda content: content | {"signature": 7},
        lambda content: content | {"signature": ""},
        lambda content: content | {"signature": content["signature"][:-1]},
        lambda content: content | {"signature": content["signature"] + "0"},
        lambda content: content | {"signature": "x" * 64},
        lambda content: content | {"signature": "０" * 64},
        lambda content: content | {"signature": f" {content['signature']}"},
        lambda content: signed(content, secret="another secret of thirty-two bytes"),
        lambda content: content | {"userId": None},
        lambda content: content | {"unsigned": 1},
        lambda content: without(content, "pricingSnapshot"),
    ],
)
def test_invalid_signature_is_422(stack: Stack, ann: Caller, spoil: Callable[[dict[str, Any]], Any]) -> None:
    before = stack.everything()

    assert refused(order(ann, spoil(cart(ann.subject))), 422)["error"] == INVALID
    assert stack.everything() == before


@pytest.mark.parametrize(
    "spell",
    [
        lambda content: content | {"signature": content["signature"].upper()},
        lambda content: dict(reversed(content.items())),
        lambda content: content | {"pricingSnapshot": {"rules": [{"factor": 1, "name": "none"}]}},
    ],
    ids=["upper case", "another order of members", "1 for 1.0"],
)
def test_signature_ignores_json_formatting(stack: Stack, ann: Caller, spell: Callable[[dict[str, Any]], Any]) -> None:
    assert order(ann, spell(cart(ann.subject))).status_code == 201


@pytest.mark.clause("004-03", "004-14")
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 256}], ids=str)
def test_invalid_idempotency_key_is_422(stack: Stack, ann: Caller, headers: dict[str, str]) -> None:
    before = stack.everything()

    response = ann.ask("POST", "/api/orders", headers=headers, **as_json({"cartSnapshot": cart(ann.subject)}))

    assert "Idempotency-Key" in refused(response, 422)["error"]
    assert stack.everything() == before


@pytest.mark.clause("004-14")
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"cartSnapshot": NaN}', b'{"cartSnapshot": {"a": 1, "a": 1}}', b"\xff",
     b'{"cartSnapshot": {}, "more": 1}', b'{"cartSnapshot": {"a": 1e400}}', b"[" * 100_000],
    ids=lambda body: str(body[:40]),
)  # fmt: skip
def test_unreadable_body_is_422(stack: Stack, ann: Caller, body: bytes) -> None:
    key = {"Idempotency-Key": "key"}

    response = ann.ask("POST", "/api/orders", headers=key, data=body, content_type="application/json")

    refused(response, 422)


def test_wrong_type_is_415_and_large_body_413(stack: Stack, ann: Caller) -> None:
    key = {"Idempotency-Key": "key"}

    refused(ann.ask("POST", "/api/orders", headers=key, data=b"{}", content_type="text/plain"), 415)
    refused(ann.ask("POST", "/api/orders", headers=key, data=b" " * (2**20 + 1), content_type="application/json"), 413)


def test_rejected_cart_leaves_the_key_free(stack: Stack, ann: Caller) -> None:
    refused(order(ann, cart(ann.subject) | {"unsigned": 1}), 422)

    assert order(ann, cart(ann.subject)).status_code == 201


def test_key_reuse_with_other_cart_is_422(stack: Stack, ann: Caller) -> None:
    order(ann, cart(ann.subject))

    assert "Idempotency-Key" in refused(order(ann, cart(ann.subject, CABLE)), 422)["error"]
