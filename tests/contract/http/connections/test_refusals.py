"""Rejections common to all contracts: too large, not JSON, unreadable, unknown, not allowed."""

import json

import pytest

from tests.support.client import TEA, Caller, refused
from tests.support.server import Served
from tests.support.service_stack import Stack

MIB = 1024 * 1024
GOOD = json.dumps({"items": [TEA], "total_price": 75}).encode()


def padded(size: int) -> bytes:
    """A valid order of the given size in bytes."""
    return GOOD + b" " * (size - len(GOOD))


def test_body_of_one_mebibyte_is_accepted(ann: Caller) -> None:
    assert ann.post_raw(padded(MIB)).status_code == 201


@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB])
def test_larger_body_is_413(stack: Stack, ann: Caller, size: int) -> None:
    order = ann.place()
    before = stack.everything()

    refused(ann.post_raw(padded(size)), 413)
    change = b'{"status": "PAID"}' + b" " * size
    refused(ann.ask("PATCH", f"/orders/{order['id']}", data=change, content_type="application/json"), 413)

    assert stack.everything() == before


def chunked(served: Served, body: bytes) -> bytes:
    head = (
        f"POST /orders/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token('chunky')}\r\n"
        "Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def test_chunked_body_is_limited_too(served: Served) -> None:
    good = served.exchange(chunked(served, padded(MIB)))
    large = served.exchange(chunked(served, padded(2 * MIB)))

    assert good.startswith(b"HTTP/1.1 201")
    assert large.startswith(b"HTTP/1.1 413")
    assert b"content-type: application/problem+json" in large.lower()


@pytest.mark.parametrize("length", [b"1048577", b"99999999999999999999"])
def test_announced_large_body_is_rejected_early(served: Served, length: bytes) -> None:
    head = b"POST /orders/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    token = f"Authorization: Bearer {served.token('large')}\r\n".encode()

    response = served.exchange(head + token + b"Content-Length: " + length + b"\r\n\r\n")

    assert response.split(b"\r\n")[0].split()[1] in {b"413", b"400"}, response[:200]


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "application/jsonp", "application", "json", "application/json-seq"],
)  # fmt: skip
def test_wrong_content_type_is_415(stack: Stack, ann: Caller, content_type: str | None) -> None:
    order = ann.place()
    before = stack.everything()

    refused(ann.post_raw(GOOD, content_type=content_type), 415)
    change = b'{"status": "PAID"}'
    refused(ann.ask("PATCH", f"/orders/{order['id']}", data=change, content_type=content_type), 415)

    assert stack.everything() == before


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"],
)
def test_json_content_types_are_accepted(ann: Caller, content_type: str) -> None:
    assert ann.post_raw(GOOD, content_type=content_type).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/orders/", {"POST"}),
        ("GET", "/orders", {"POST"}),
        ("PUT", "/orders/", {"POST"}),
        ("DELETE", "/orders", {"POST"}),
        ("POST", "/orders/{id}", {"GET", "HEAD", "PATCH"}),
        ("PUT", "/orders/{id}", {"GET", "HEAD", "PATCH"}),
        ("DELETE", "/orders/{id}", {"GET", "HEAD", "PATCH"}),
        ("TRACE", "/orders/{id}", {"GET", "HEAD", "PATCH"}),
        ("BREW", "/orders/{id}", {"GET", "HEAD", "PATCH"}),
        ("POST", "/orders/user/{user}", {"GET", "HEAD"}),
        ("DELETE", "/orders/user/{user}", {"GET", "HEAD"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("DELETE", "/", {"GET", "HEAD"}),
    ],
)
def test_unsupported_method_is_405_with_allow(ann: Caller, method: str, path: str, allowed: set[str]) -> None:
    order = ann.place()

    response = ann.ask(method, path.format(id=order["id"], user=ann.subject))

    refused(response, 405)
    assert set(response.headers["Allow"].replace(" ", "").split(",")) - {"OPTIONS"} == allowed
    assert ann.get(order).json == order


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/orders/a/b", "/ordersx", "/api/ordersx", "/orders/user", "/orders/user/", "/%00", "/%ff", "/.."],
)
def test_unknown_url_is_404(ann: Caller, path: str) -> None:
    refused(ann.ask("GET", path), 404)


@pytest.mark.parametrize("field", ["id", "user_id", "status", "version", "created_at", "", "items ", "Items", "é"])
def test_unknown_field_is_422(stack: Stack, ann: Caller, field: str) -> None:
    before = stack.everything()

    response = ann.post({"items": [TEA], "total_price": 75, field: 1})

    assert refused(response, 422)["errors"] == {field: ["Unknown field."]}
    assert stack.everything() == before


def test_validation_reports_all_errors(ann: Caller) -> None:
    body = refused(ann.post({"items": None, "total_price": "much", "currency": "XXX", "x": 1}), 422)

    assert body["errors"].keys() == {"items", "total_price", "currency", "x"}


def test_missing_fields_are_named(ann: Caller) -> None:
    assert refused(ann.post({}), 422)["errors"].keys() == {"total_price"}
