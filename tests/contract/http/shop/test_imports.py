"""Imports over HTTP: the products of the command, refused lines, rights and bad files."""

import json
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.shop.client import problem
from tests.contract.http.shop.file_client import HEADER, Operator, operator
from tests.support.service_stack import Stack


@pytest.fixture
def root(stack: Stack) -> Operator:
    return operator(stack)


def skus(number: int) -> list[str]:
    """SKUs that no other test has."""
    return [str(uuid4()) for _ in range(number)]


def stored(stack: Stack, *of: str) -> list[tuple[object, ...]]:
    names = ", ".join(f"'{sku}'" for sku in of)
    columns = "sku, name, price_minor, currency, stock_quantity"
    return stack.rows(f"SELECT {columns} FROM products WHERE sku IN ({names}) ORDER BY id")


@pytest.mark.clause("002-34")
def test_file_is_imported_with_its_refused_lines(stack: Stack, root: Operator) -> None:
    first, second, third = skus(3)
    root.done(root.imported(f"{HEADER}{first},Tea,1,1\n{second},Cup,2.5,2\n"))
    file = f"{HEADER}{first},Tea,1,1\n{second},Pot,2.5,2\n{third},Lamp,3,3\n=bad,,1\n\nT\xe9a,x,1,1\n"

    accepted = root.imported(file.encode("latin-1"))
    queued, done = root.job(accepted), root.done(accepted)
    refused = root.get(done["refused_lines"])

    assert (queued["status"], queued["lines"], queued["refused_lines"]) == ("queued", 0, None)
    counts = {name: done[name] for name in ("lines_sent", "lines", "added", "changed", "unchanged", "refused")}
    assert counts == {"lines_sent": 7, "lines": 5, "added": 1, "changed": 1, "unchanged": 1, "refused": 2}
    assert stored(stack, first, second, third) == [
        (first, "Tea", 100, "USD", 1),
        (second, "Pot", 250, "USD", 2),
        (third, "Lamp", 300, "USD", 3),
    ]
    assert refused.text.splitlines() == [
        "line,reason,text",
        '5,"must have 4 cells, like the header; it has 3","\'=bad,,1"',
        '7,text must be UTF-8 without NUL characters,"T?a,x,1,1"',
    ]
    assert refused.mimetype == "text/csv"


def test_json_lines_are_imported(stack: Stack, root: Operator) -> None:
    (sku,) = skus(1)
    product = json.dumps({"sku": sku, "name": "Tea", "price": 3.5, "stock_quantity": 7, "currency": "EUR"})

    done = root.done(root.imported(f"{product}\n{{\n", media_type="application/x-ndjson"))

    assert (done["added"], done["refused"]) == (1, 1)
    assert stored(stack, sku) == [(sku, "Tea", 350, "EUR", 7)]
    refused = root.get(done["refused_lines"])
    assert json.loads(refused.text) == {"line": 2, "reason": "must be JSON", "text": "{"}
    assert refused.mimetype == "application/x-ndjson"


def test_dry_run_over_http_changes_nothing(stack: Stack, root: Operator) -> None:
    (sku,) = skus(1)

    done = root.done(root.imported(f"{HEADER}{sku},Tea,1,1\n", query="?dry_run=true"))

    assert (done["dry_run"], done["added"], stored(stack, sku)) == (True, 1, [])


def test_only_administrators_import(stack: Stack, root: Operator) -> None:
    accepted = root.imported(f"{HEADER}{skus(1)[0]},Tea,1,1\n", query="?dry_run=true")
    paths = [accepted.headers["Location"], f"{accepted.headers['Location']}/refused-lines"]
    root.done(accepted)

    for scopes in ((), ("orders:read",), ("orders:write",), ("stock:write",)):
        other = operator(stack, role=Role.CUSTOMER, scopes=scopes)
        problem(other.imported(HEADER), 403, "access_denied")
        assert {other.get(path).status_code for path in paths} == {403}
    assert {operator(stack).get(path).status_code for path in paths} == {404}
    assert root.get(paths[0].replace("/imports/", "/exports/")).status_code == 404


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("", "The file must not be empty."),
        ("\n \n", "The file must not be empty."),
        (HEADER, "The file must have at least one product."),
        ("sku,name\nA,Tea\n", "Missing columns: price, stock_quantity"),
        (HEADER.replace("\n", ",colour\n") + "A,Tea,1,1,red\n", "Unknown or duplicate columns: colour."),
        (b"PK\x03\x04\x00\x00", "The file must be text"),
        (b"\xff\xfe\x00", "The file begins like UTF-16"),
    ],
)
def test_unreadable_file_is_refused_at_once(root: Operator, file: str | bytes, text: str) -> None:
    assert text in problem(root.imported(file), 422, "invalid_request")["detail"]


def test_other_media_types_are_refused(root: Operator) -> None:
    for media_type in ("application/json", "application/vnd.ms-excel", "text/csv; charset=latin-1"):
        answer = root.imported(f"{HEADER}A,Tea,1,1\n", media_type=media_type)
        assert "must be" in problem(answer, 415, "unsupported_media_type")["detail"]
    zipped = root.caller.ask(
        "POST",
        "/v1/imports",
        headers={"Idempotency-Key": "k", "Content-Encoding": "gzip"},
        data=b"x",
        content_type="text/csv",
    )
    assert zipped.headers["Accept-Encoding"] == "identity"
    assert root.imported(HEADER, query="?dry=true").status_code == 400


def test_large_file_is_refused_with_the_limit(build: Callable[..., Stack]) -> None:
    stack = build(replace(Settings(database_url="memory://"), import_max_bytes=2_000))
    root = operator(stack)

    fits = root.imported(HEADER + "A,Tea,1,1\n" * 100)
    too_large = root.imported(HEADER + "A,Tea,1,1\n" * 300)

    assert root.done(fits)["lines"] == 100
    detail = problem(too_large, 413, "body_too_large")["detail"]
    assert detail.startswith("The file must have at most 2,000 bytes (IMPORT_MAX_BYTES);")


def test_file_with_a_key_is_imported_once(root: Operator) -> None:
    sku, other = skus(2)
    first = root.imported(f"{HEADER}{sku},Tea,1,1\n", key="file")
    again = root.imported(f"{HEADER}{sku},Tea,1,1\n", key="file")

    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["x-idempotent-replay"] == "true"
    assert root.imported(f"{HEADER}{other},Tea,1,1\n", key="file").status_code == 422
    assert root.done(first)["added"] == 1
