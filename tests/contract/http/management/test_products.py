"""/api/v1/products: any authenticated caller reads products, administrators change them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from orders_adapters.testing.threads import at_once
from orders_domain import Role
from orders_domain.use_cases.background.purge_expired_data import MESSAGE_RETENTION
from orders_flask import Settings
from tests.contract.http.management.client import ORDERS, PRODUCTS, Shopper, detail, errors, shopper
from tests.support.client import Answer, as_json, ask
from tests.support.service_stack import Stack

SQL = "Robert'); DROP TABLE products; --"
HTML = "<img src=x onerror=alert(1)> & Söhne 💡"


def patch(who: Shopper, product: dict[str, Any], **changes: Any) -> Answer:
    return who.ask("PATCH", f"{PRODUCTS}/{product['product_id']}", **as_json(changes))


def get(who: Shopper, product: dict[str, Any]) -> Answer:
    return who.ask("GET", f"{PRODUCTS}/{product['product_id']}")


@pytest.mark.clause("002-10")
def test_product_is_created_and_listed(root: Shopper, ann: Shopper) -> None:
    sku = f"TEA-{uuid4()}"

    response = root.post({"name": "Tea", "price": 2.5, "stock_quantity": 7, "sku": sku}, path=f"{PRODUCTS}/")

    assert response.status_code == 201
    product = response.json
    assert response.headers["Location"].endswith(f"{PRODUCTS}/{product['product_id']}")
    assert product == {
        "product_id": product["product_id"], "sku": sku, "name": "Tea", "price": 2.5, "currency": "USD",
        "stock_quantity": 7, "low_stock_threshold": 5, "description": None, "version": 1,
    }  # fmt: skip
    assert isinstance(product["product_id"], int)
    assert get(ann, product).json == product
    assert product in everything(ann)


def everything(who: Shopper) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = []
    while page := who.ask("GET", f"{PRODUCTS}/?limit=1000&skip={len(pages)}").json:
        pages += page
    return pages


def test_product_without_sku_gets_a_unique_one(root: Shopper) -> None:
    assert len({root.product()["sku"] for _ in range(5)}) == 5


@pytest.mark.clause("002-23")
def test_product_list_is_paged_by_id(root: Shopper, ann: Shopper) -> None:
    first = len(everything(root))
    ids = [root.product()["product_id"] for _ in range(12)]

    page = ann.ask("GET", f"{PRODUCTS}/?skip={first + 2}").json

    assert [product["product_id"] for product in page] == ids[2:12]
    for wrong in ("skip=-1", "limit=0", "limit=1000000000", "limit=x"):
        assert errors(ann.ask("GET", f"{PRODUCTS}/?{wrong}")).keys() == {wrong.partition("=")[0]}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Milk"},
        {"price": 0},
        {"stock_quantity": 0},
        {"low_stock_threshold": 0},
        {"description": "Green, of May."},
        {},
    ],
)
def test_patch_changes_only_named_fields(root: Shopper, changes: dict[str, Any]) -> None:
    product = root.product(stock=9)

    response = patch(root, product, **changes)

    expected = product | changes | {"version": 2 if changes else 1}
    assert (response.status_code, response.json) == (200, expected)
    assert get(root, product).json == expected


@pytest.mark.clause("002-18", "002-22")
@pytest.mark.parametrize("changing", [False, True])
def test_invalid_field_is_400(stack: Stack, root: Shopper, changing: bool) -> None:
    product = root.product()
    before = stack.everything()
    texts: list[Any] = ["", " ", "\t", "a\x00b", "a\ud800b", 1, True, None, [], {}]
    counts: list[Any] = [-1, 1.5, 1.0, "2", True, None, [], 10**9 + 1, 10**30]
    wrong: dict[str, list[Any]] = {
        "name": [*texts, "x" * 256],
        "sku": [*texts, "x" * 65],
        "price": ["2.5", True, None, [], {}, "", 2.555, -1, -0.01, 1e300, 10_000_000_000.01, 10_000_000_001, 10**30],
        "stock_quantity": counts,
        "description": ["a\x00b", "a\ud800b", 1, True, None, [], {}, "x" * 2001],
        "low_stock_threshold": counts,
        "nonsense": [1],
        "product_id": [1],
    }

    for name, values in wrong.items():
        for value in values:
            body = {"name": "Tea", "price": 1, "stock_quantity": 1} | {name: value}
            response = patch(root, product, **{name: value}) if changing else root.post(body, path=f"{PRODUCTS}/")
            assert errors(response).keys() == {name}, (name, value)

    assert stack.everything() == before


def test_product_requires_name_price_and_stock(root: Shopper) -> None:
    assert errors(root.post({}, path=f"{PRODUCTS}/")).keys() == {"name", "price", "stock_quantity"}


@pytest.mark.clause("002-18")
def test_duplicate_sku_is_400(stack: Stack, root: Shopper) -> None:
    tea, milk = root.product(sku=f"TEA-{uuid4()}"), root.product()
    before = stack.everything()

    again = root.post({"name": "x", "price": 1, "stock_quantity": 5, "sku": tea["sku"]}, path=f"{PRODUCTS}/")
    assert tea["sku"] in detail(again, 400)
    detail(patch(root, milk, sku=tea["sku"], stock_quantity=50), 400)

    assert stack.everything() == before
    assert patch(root, tea, sku=tea["sku"]).status_code == 200


@pytest.mark.clause("002-18")
def test_concurrent_sku_insert_has_one_winner(root: Shopper) -> None:
    body = {"name": "x", "price": 1, "stock_quantity": 5, "sku": f"ONE-{uuid4()}"}

    responses = at_once(*[lambda: root.post(body, path=f"{PRODUCTS}/").status_code] * 12)

    assert sorted(str(response) for response in responses) == ["201"] + ["400"] * 11


@pytest.mark.clause("002-22")
@pytest.mark.parametrize("text", [SQL, HTML, "two  spaces", "{{7*7}}", "%s %(id)s", "\u202e\u202c"])
def test_product_text_is_stored_verbatim(root: Shopper, ann: Shopper, text: str) -> None:
    sku = f"{text}{uuid4().hex[:8]}"
    product = root.product(name=text, sku=sku, stock=0)

    assert (product["name"], product["sku"]) == (text, sku)
    assert get(ann, product).json == product
    assert product in everything(ann)
    [short] = detail(ann.wants((product, 1)), 400)["stock_issues"]
    assert short["product_name"] == text
    assert patch(root, product, name=f"{text}!").json["name"] == f"{text}!"


@pytest.mark.clause("002-20")
@pytest.mark.parametrize(
    "ref", ["0", "999999999", "9223372036854775807", "9223372036854775808", "9" * 30, "-1", "x", "1.0", "%00"]
)
def test_unknown_product_is_404(root: Shopper, ref: str) -> None:
    product = {"product_id": ref}

    detail(get(root, product), 404)
    detail(patch(root, product, name="x"), 404)


def test_unsupported_method_is_405(root: Shopper) -> None:
    product = root.product()

    response = root.ask("DELETE", f"{PRODUCTS}/{product['product_id']}")

    detail(response, 405)
    assert {"GET", "PATCH"} <= set(response.headers["Allow"].replace(" ", "").split(","))


def test_updated_stock_is_orderable(root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=0)
    detail(ann.wants((tea, 1)), 400)

    patch(root, tea, stock_quantity=2)

    assert ann.ordered((tea, 2))
    assert root.stock_of(tea) == 0


@pytest.mark.parametrize("space", [" ", "\u3000", "\u00a0\t", "\u2028"])
def test_outer_spaces_are_removed(root: Shopper, space: str) -> None:
    sku = f"TEA-{uuid4()}"
    texts: dict[str, Any] = {
        "name": f"{space}Tea{space}",
        "sku": f"{sku}{space}",
        "description": f"{space}Green.{space}",
    }

    product = root.product(**texts)

    assert (product["name"], product["sku"], product["description"]) == ("Tea", sku, "Green.")
    assert patch(root, product, description=space).json["description"] is None
    detail(root.post({"name": "x", "price": 1, "stock_quantity": 5, "sku": f" {sku} "}, path=f"{PRODUCTS}/"), 400)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_stale_stock_brings_no_sold_unit_back(root: Shopper, ann: Shopper, method: str) -> None:
    tea = root.product(stock=10)
    path, seen = f"{PRODUCTS}/{tea['product_id']}", get(root, tea).headers["ETag"]
    ann.ordered((tea, 3))

    response = root.ask(method, path, headers={"If-Match": seen}, **as_json({"stock_quantity": 15}))

    assert "version 2" in detail(response, 412)
    assert root.stock_of(tea) == 7
    current = get(root, tea).headers["ETag"]
    assert root.ask(method, path, headers={"If-Match": current}, **as_json({"stock_quantity": 12})).status_code == 200
    assert root.stock_of(tea) == 12


def test_restock_adds_to_the_current_stock(root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=10)
    ann.ordered((tea, 3))

    response = root.post({"quantity": 5}, path=f"{PRODUCTS}/{tea['product_id']}/restock")

    assert (response.status_code, response.json) == (200, tea | {"stock_quantity": 12, "version": 3})
    assert response.headers["ETag"] == get(root, tea).headers["ETag"] == '"3"'


def test_concurrent_restocks_and_orders_add_up(root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=20)
    path = f"{PRODUCTS}/{tea['product_id']}/restock"

    at_once(*[lambda: root.post({"quantity": 2}, path=path)] * 6, *[lambda: ann.ordered((tea, 3))] * 6)

    assert root.stock_of(tea) == 20 + 12 - 18
    assert get(root, tea).json["version"] == 13


def test_restock_is_done_once_with_if_match(root: Shopper) -> None:
    tea = root.product(stock=1)
    path, seen = f"{PRODUCTS}/{tea['product_id']}/restock", get(root, tea).headers["ETag"]

    answers = [root.post({"quantity": 2}, path=path, **{"If-Match": seen}).status_code for _ in range(3)]

    assert answers == [200, 412, 412]
    assert root.stock_of(tea) == 3


def test_restock_is_done_once_with_a_key(root: Shopper, ann: Shopper) -> None:
    tea, other = root.product(stock=1), root.product(stock=1)
    path = f"{PRODUCTS}/{tea['product_id']}/restock"

    def restock(quantity: int = 2, *, path: str = path, key: str = f"restock {tea['product_id']}") -> int:
        return root.post({"quantity": quantity}, path=path, **{"Idempotency-Key": key}).status_code

    assert at_once(*[restock] * 6) == [200] * 6
    ann.ordered((tea, 1))

    assert restock() == 200
    assert restock(3) == 422
    assert restock(path=f"{PRODUCTS}/{other['product_id']}/restock") == 422
    assert [restock(key=key) for key in ("", "x" * 256)] == [400] * 2
    assert (root.stock_of(tea), root.stock_of(other)) == (2, 1)
    assert restock(key="another") == 200
    assert root.stock_of(tea) == 4


def test_document_says_how_long_a_key_is_stored(root: Shopper) -> None:
    """A client that uses a key again after the time of another operation would add nothing."""
    document = root.ask("GET", "/openapi.json").json
    (path,) = (path for path in document["paths"] if path.endswith("/restock"))

    (key,) = (given for given in document["paths"][path]["post"]["parameters"] if given["name"] == "Idempotency-Key")

    assert f"{MESSAGE_RETENTION.days} days" in key["description"]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", None, True, 10**9 + 1])
def test_invalid_restock_is_rejected(root: Shopper, ann: Shopper, wrong: object) -> None:
    tea = root.product(stock=1)
    path = f"{PRODUCTS}/{tea['product_id']}/restock"

    assert errors(root.post({"quantity": wrong}, path=path)).keys() == {"quantity"}
    detail(ann.post({"quantity": 1}, path=path), 403)
    detail(root.post({"quantity": 1}, path=f"{PRODUCTS}/999999999/restock"), 404)
    assert root.stock_of(tea) == 1


def test_known_version_is_not_sent_again(root: Shopper, ann: Shopper) -> None:
    tea = root.product(stock=10)
    path, seen = f"{PRODUCTS}/{tea['product_id']}", get(ann, tea).headers["ETag"]

    assert ann.ask("GET", path, headers={"If-None-Match": seen}).status_code == 304
    ann.ordered((tea, 1))
    assert ann.ask("GET", path, headers={"If-None-Match": seen}).status_code == 200


def test_search_is_paged_by_cursor(root: Shopper, ann: Shopper) -> None:
    word = uuid4().hex
    ids = [root.product(name=f"Tea {word}", sku=f"{number}-{uuid4()}")["product_id"] for number in range(5)]
    root.product(name="Milk")

    pages, url = [], f"{PRODUCTS}?q=te+{word[:20].upper()}&limit=2"
    while url:
        response = ann.ask("GET", url)
        pages.append([product["product_id"] for product in response.json])
        url = "".join(re.findall(r'<(.+)>; rel="next"', response.headers.get("Link", "")))

    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_sku_finds_one_product(root: Shopper, ann: Shopper) -> None:
    tea = root.product(sku=f"TEA-{uuid4()}")

    assert ann.ask("GET", f"{PRODUCTS}/?sku={tea['sku']}").json == [tea]
    assert ann.ask("GET", f"{PRODUCTS}/?sku={tea['sku']}x").json == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=", "q"),
        ("q=%25", "q"),
        ("q=" + "x" * 101, "q"),
        ("sku=", "sku"),
        ("cursor=x", "cursor"),
        ("cursor=" + "_" * 11, "cursor"),
        ("cursor=\u00e9", "cursor"),
        ("nmae=tea", "nmae"),
        ("q[]=tea", "q[]"),
        ("q=tea&q=milk", "q"),
    ],
)
def test_wrong_search_is_rejected_by_name(ann: Shopper, query: str, field: str) -> None:
    assert errors(ann.ask("GET", f"{PRODUCTS}/?{query}")).keys() == {field}


@pytest.fixture
def public(build: Callable[..., Stack]) -> Stack:
    return build(Settings(log_level="ERROR", products_public="on"))


def test_public_products_need_no_token(public: Stack) -> None:
    tea = shopper(public, role=Role.ADMIN).product(name="Tea")
    path = f"{PRODUCTS}/{tea['product_id']}"

    assert ask(public.app, "GET", path).json == tea
    assert tea in ask(public.app, "GET", f"{PRODUCTS}/?q=tea").json
    assert ask(public.app, "GET", path, headers={"Authorization": "Bearer x"}).status_code == 401
    for method, url in (("POST", PRODUCTS), ("PATCH", path), ("PUT", path), ("POST", f"{path}/restock")):
        assert ask(public.app, method, url, **as_json({})).status_code == 401
    assert ask(public.app, "GET", f"{ORDERS}/my-orders").status_code == 401


def test_products_need_a_token_by_default(stack: Stack, root: Shopper) -> None:
    tea = root.product()

    for path in (PRODUCTS, f"{PRODUCTS}/{tea['product_id']}"):
        assert ask(stack.app, "GET", path).status_code == 401
