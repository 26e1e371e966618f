"""Logging: one structured line per request, with its context and without secrets."""

import json
import logging
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from flask import Flask

from orders_domain import Role
from orders_flask import Settings, create_app
from orders_flask.app import container_of

LogLines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Standard error, to which the log is written from the creation of the app on."""
    stderr = StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    return stderr


@pytest.fixture
def app(stderr: StringIO, request: pytest.FixtureRequest) -> Flask:
    """An app; its log format is a parameter."""
    return create_app(Settings(database_url="memory://", **getattr(request, "param", {})))


@pytest.fixture
def token(app: Flask) -> str:
    return container_of(app).issue_dev_token(subject="ann-of-the-log", role=Role.CUSTOMER, scopes=(), seconds=60)


@pytest.fixture
def log_lines(stderr: StringIO) -> LogLines:
    """The log so far: one JSON object per line, and nothing else."""
    return lambda: [json.loads(line) for line in stderr.getvalue().split("\n") if line]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/orders/user/ann-of-the-log", "/orders/user/<subject:user_id>", 200),
        ("GET", "/orders/7", "/orders/<order_ref>", 404),
        ("POST", "/orders/", "/orders/", 415),
        ("GET", "/nothing", None, 404),
        ("DELETE", "/orders/7", None, 405),
    ],
)
def test_request_is_logged_in_one_line(
    app: Flask, token: str, log_lines: LogLines, method: str, path: str, route: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "req-42"}

    app.test_client().open(path, method=method, headers=headers)

    (line,) = [line for line in log_lines() if line["event"] == "request.completed"]
    assert line["request_id"] == "req-42"
    assert (line["method"], line["path"], line["route"], line["status"]) == (method, path, route, status)
    assert 0 <= line["duration_ms"] < 5_000
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_line_names_the_user(app: Flask, token: str, log_lines: LogLines) -> None:
    app.test_client().get("/orders/7", headers={"Authorization": f"Bearer {token}"})
    app.test_client().get("/orders/7")
    app.test_client().get("/")

    users = [line.get("user") for line in log_lines() if line["event"] == "request.completed"]
    assert users == ["ann-of-the-log", None, None]


@pytest.mark.parametrize("broken", [False, True])
def test_log_has_no_token_body_or_query(app: Flask, token: str, log_lines: LogLines, broken: bool) -> None:
    sent = token[:-4] if broken else token
    headers = {"Authorization": f"Bearer {sent}", "Cookie": "session=biscuit", "X-Request-ID": "req-42"}
    client = app.test_client()

    client.post("/orders/?q=in-the-query", json={"items": [{"in": "the-body"}], "total_price": 1}, headers=headers)
    client.post("/orders/?q=in-the-query", data=b'{"the-body', content_type="application/json", headers=headers)
    client.post("/orders/", json={"items": [], "the-body": 1}, headers=headers)

    text = json.dumps(log_lines())
    secrets = (*sent.split("."), sent, "the-body", "in-the-query", "biscuit", "Bearer")
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.parametrize("path", ["/a\nb", "/\x1b[2J", "/☕", "/\x00", '/"}\\', "/\u2028", "/\udcff"])
def test_unusual_path_stays_in_one_line(app: Flask, log_lines: LogLines, path: str) -> None:
    app.test_client().get(quote(path, errors="surrogateescape"))

    lines = log_lines()
    assert len(lines) == 1
    assert lines[0]["status"] == 404


def test_unexpected_error_is_logged_with_request_id(
    app: Flask, token: str, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("orders_flask.web.health.use_cases", bug)

    response = app.test_client().get("/readyz", headers={"X-Request-ID": "req-42"})

    assert response.status_code == 500
    assert "a bug of ours" not in response.text
    errors = [line for line in log_lines() if line["level"] == "error"]
    assert [line["request_id"] for line in errors] == ["req-42"]
    assert "a bug of ours" in errors[0]["exception"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_successful_probe_is_not_logged_at_info(app: Flask, log_lines: LogLines, path: str) -> None:
    assert app.test_client().get(path).status_code == 200

    assert log_lines() == []


def test_user_is_not_in_the_next_request_line(app: Flask, token: str, log_lines: LogLines) -> None:
    client = app.test_client()
    client.get("/orders/7", headers={"Authorization": f"Bearer {token}", "X-Request-ID": "first"})
    client.get("/nothing")

    last = log_lines()[-1]
    assert "user" not in last
    assert last["request_id"] != "first"


@pytest.mark.parametrize("app", [{"log_format": "console"}], indirect=True)
def test_console_format_is_readable(app: Flask, stderr: StringIO) -> None:
    app.test_client().get("/", headers={"X-Request-ID": "req-42"})

    (line,) = stderr.getvalue().splitlines()
    assert "req-42" in line
    assert re.search(r"\[info +\] request\.completed +\[orders_flask\.web\.request_logging\]", line)
    with pytest.raises(ValueError):
        json.loads(line)


@pytest.mark.parametrize(
    ("app", "lines"),
    [({"log_level": level}, lines) for level, lines in (("DEBUG", 1), ("INFO", 1), ("WARNING", 0), ("ERROR", 0))],
    indirect=["app"],
)
def test_log_level_follows_the_setting(app: Flask, lines: int, log_lines: LogLines) -> None:
    app.test_client().get("/")

    assert len(log_lines()) == lines


def test_adapter_record_becomes_event_and_fields(app: Flask, log_lines: LogLines) -> None:
    fields = {"error": "100% full: no", "version": 3}

    logging.getLogger("orders_adapters.kafka").warning("offset.commit_rejected: because of %(error)s", fields)

    (line,) = log_lines()
    assert (line["event"], line["error"], line["version"]) == ("offset.commit_rejected", "100% full: no", 3)


def test_closed_stream_fails_no_request(app: Flask, stderr: StringIO) -> None:
    stderr.close()

    assert app.test_client().get("/").status_code == 200


def test_value_outside_json_is_logged_as_text(app: Flask, log_lines: LogLines) -> None:
    structlog.get_logger("orders_flask.x").warning("value.odd", number=2**70, of=Decimal("1.5"))

    (line,) = log_lines()
    assert (line["number"], line["of"], line["logger"]) == (2**70, "Decimal('1.5')", "orders_flask.x")


def test_record_of_a_library_is_unchanged(app: Flask, log_lines: LogLines) -> None:
    logging.getLogger("celery").warning("Task: %(name)s failed", {"name": "run_job"})
    logging.getLogger("granian").warning("Unexpected exit from worker-%s", 1)

    lines = log_lines()
    assert [line["event"] for line in lines] == ["Task: run_job failed", "Unexpected exit from worker-1"]
    assert "name" not in lines[0]
