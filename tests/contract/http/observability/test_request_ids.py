"""X-Request-ID: on every response and in every log line, with untrusted values replaced."""

import json
import sys
from io import StringIO
from uuid import UUID

import pytest

from orders_flask.observability import structured_logging
from tests.support.client import TEA, Caller, ask
from tests.support.service_stack import Stack

ANSWERS = {
    "POST /orders/": 201,
    "GET /orders/{id}": 200,
    "HEAD /orders/{id}": 200,
    "PATCH /orders/{id}": 200,
    "GET /orders/user/{user}": 200,
    "GET /orders/user/nobody": 403,
    "GET /orders/1": 404,
    "GET /nothing": 404,
    "DELETE /orders/{id}": 405,
    "PATCH /orders/1": 404,
    "GET /orders/user/{user}?limit=0": 422,
    "GET /": 200,
    "GET /healthz": 200,
    "GET /readyz": 200,
    "GET /metrics": 200,
    "GET /openapi.json": 200,
    "GET /docs/": 200,
    "GET /docs/swagger-ui.css": 200,
    "OPTIONS /healthz": 200,
}


@pytest.mark.parametrize(("request_line", "status"), ANSWERS.items())
def test_request_id_is_returned(ann: Caller, request_line: str, status: int) -> None:
    order = ann.place()
    method, path = request_line.format(id=order["id"], user=ann.subject).split()
    body = {"POST": {"items": [TEA], "total_price": 75}, "PATCH": {"status": "PAID"}}.get(method)

    response = ann.ask(
        method, path, data=json.dumps(body), content_type="application/json", headers={"X-Request-ID": "req-42"}
    )

    assert response.status_code == status
    assert response.headers.getlist("X-Request-ID") == ["req-42"]


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense"])
def test_request_id_is_returned_with_401(stack: Stack, authorization: str) -> None:
    headers = {"X-Request-ID": "req-42", "Authorization": authorization}

    response = ask(stack.app, "GET", "/orders/1", headers=headers)

    assert (response.status_code, response.headers["X-Request-ID"]) == (401, "req-42")


@pytest.mark.parametrize("size", [1, 100, 128])
def test_request_id_up_to_128_chars_is_accepted(ann: Caller, size: int) -> None:
    assert ann.ask("GET", "/healthz", headers={"X-Request-ID": "~" * size}).headers["X-Request-ID"] == "~" * size


@pytest.mark.parametrize(
    "sent",
    [None, "", "a b", "a\nb", "a\r\nSet-Cookie: x=1", "a\tb", "\x00", "é", "ï»¿id", "x" * 200, "a\x7f", "\x1b[2J"],
)
def test_invalid_request_id_is_replaced(stack: Stack, sent: str | None) -> None:
    environ = {} if sent is None else {"HTTP_X_REQUEST_ID": sent}

    ids = [
        ask(stack.app, "GET", "/healthz", environ_overrides=environ).headers.getlist("X-Request-ID") for _ in range(2)
    ]

    (first,), (second,) = ids
    assert UUID(first) != UUID(second)


def test_history_has_the_request_id(stack: Stack, ann: Caller) -> None:
    ann.ask(
        "POST", "/orders/", data=json.dumps({"items": [TEA], "total_price": 75}), content_type="application/json",
        headers={"X-Request-ID": "req-of-ann"},
    )  # fmt: skip

    history = repr(stack.rows(f"SELECT * FROM order_history WHERE actor = '{ann.subject}'"))

    assert "req-of-ann" in history


def test_request_log_line_has_the_request_id(ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    structured_logging.configure(level="INFO", form="json")

    ann.ask("GET", "/orders/nonsense", headers={"X-Request-ID": "req-42"})

    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "request.completed"]
    assert line["request_id"] == "req-42"
    assert line["status"] == 404
