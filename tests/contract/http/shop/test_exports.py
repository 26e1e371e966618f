"""Exports over HTTP: the file of the command, ranges, rights and bad requests."""

import csv
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from orders_domain import Role
from orders_flask import Settings
from tests.contract.http.shop.client import problem, shopkeeper
from tests.contract.http.shop.file_client import Operator, operator, run
from tests.support.client import Answer
from tests.support.command import orders
from tests.support.service_stack import Stack


@pytest.fixture
def root(stack: Stack) -> Operator:
    return operator(stack)


def placed(stack: Stack, number: int = 3) -> tuple[str, list[dict[str, Any]]]:
    """The id of a user, and orders of the user."""
    shop = shopkeeper(stack, scopes=("orders:write",))
    gift = {"title": "=1+1; –", "quantity": 1, "unit_price_minor": 5}
    return shop.caller.subject, [shop.place(gift) for _ in range(number)]


def by_command(stack: Stack, *options: str) -> bytes:
    """The file that `orders export` writes."""
    settings = stack.settings
    names = {} if settings.uses_default_database else {"DATABASE_URL": settings.database_url}
    ended = orders("export", "by-command", *options, here=stack.directory, **names)
    assert ended.returncode == 0, ended
    file = stack.directory / "by-command"
    content = file.read_bytes()
    file.unlink()
    return content


@pytest.mark.clause("002-34")
@pytest.mark.parametrize(
    ("body", "options"),
    [
        ({}, ["--format", "csv"]),
        ({"view": "items", "bom": True}, ["--format", "csv", "--view", "items", "--bom"]),
        ({"format": "jsonl", "view": "items"}, ["--format", "jsonl", "--view", "items"]),
        ({"statuses": ["confirmed"], "created_from": "2026-01-01"}, ["--format", "csv", "--status", "confirmed"]),
    ],
)
def test_file_is_that_of_the_command(stack: Stack, root: Operator, body: dict[str, Any], options: list[str]) -> None:
    user, (first, *_) = placed(stack)
    shopkeeper(stack).changed(first, "confirm")

    accepted = root.export(user_id=user, **body)
    queued = root.job(accepted)
    done = root.done(accepted)
    file = root.get(done["file"])

    assert (queued["status"], queued["file"], accepted.headers["Retry-After"]) == ("queued", None, "1")
    assert file.data == by_command(stack, "--user", user, *options)
    assert (done["status"], done["failure"], done["bytes"]) == ("done", None, len(file.data))
    assert done["orders"] == done["rows"] == (1 if "statuses" in body else 3)
    form = body.get("format", "csv")
    assert file.mimetype == {"csv": "text/csv", "jsonl": "application/x-ndjson"}[form]
    assert file.headers["Content-Length"] == str(len(file.data))
    assert file.headers["Content-Disposition"].endswith(f'.{form}"')


def test_range_continues_a_download(stack: Stack, root: Operator) -> None:
    user, _ = placed(stack)
    path = root.done(root.export(user_id=user))["file"]
    file = root.get(path)
    size, tag = len(file.data), file.headers["ETag"]

    for wanted, first, last in (("bytes=10-19", 10, 19), ("bytes=7-", 7, size - 1), ("bytes=-5", size - 5, size - 1)):
        part = root.get(path, Range=wanted)
        assert (part.status_code, part.data) == (206, file.data[first : last + 1])
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    assert root.get(path, **{"Range": "bytes=1-2", "If-Range": tag}).status_code == 206
    for headers in ({"Range": "bytes=1-2", "If-Range": '"x"'}, {"Range": "bytes=1-2,4-5"}, {"Range": "lines=1-2"}):
        assert root.get(path, **headers).data == file.data
    more = root.get(path, Range=f"bytes=-{size + 1}")  # the last bytes of a shorter file are all (RFC 9110, 14.1.2)
    assert (more.status_code, more.data) == (206, file.data)
    assert more.headers["Content-Range"] == f"bytes 0-{size - 1}/{size}"
    beyond = root.get(path, Range=f"bytes={size}-")
    problem(beyond, 416, "range_not_satisfiable")
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    known = root.get(path, **{"If-None-Match": tag})
    assert (known.status_code, known.data) == (304, b"")
    head = root.caller.ask("HEAD", path)
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, str(size), b"")


def test_formula_is_escaped(stack: Stack, root: Operator) -> None:
    user, _ = placed(stack, 1)

    file = root.get(root.done(root.export(user_id=user, view="items"))["file"])

    (row,) = csv.DictReader(StringIO(file.text))
    assert '"=1+1\\u003b' in row["item"] or "'=1+1" in row["item"]


def test_file_is_read_when_the_job_is_done(stack: Stack, root: Operator) -> None:
    accepted = root.export()
    path = f"{accepted.headers['Location']}/file"

    detail = problem(root.get(path), 409, "file_not_ready")["detail"]

    assert detail == "The job is queued; its file can be read when it is done."
    root.done(accepted)


def test_expired_job_is_not_found(stack: Stack, root: Operator) -> None:
    accepted = root.export()
    job = root.done(accepted)
    late = "'2026-01-01 00:00:00.000000'" if stack.settings.uses_default_database else "now() - interval '25 hours'"
    hexadecimal = job["id"].replace("-", "") if stack.settings.uses_default_database else job["id"]
    chunks = f"SELECT count(*) FROM job_chunks WHERE job_id = '{hexadecimal}'"
    assert stack.rows(chunks) > [(0,)]

    stack.rows(f"UPDATE jobs SET created_at = {late} WHERE id = '{hexadecimal}'")
    for path in (accepted.headers["Location"], job["file"]):
        problem(root.get(path), 404, "job_not_found")
    stack.container.purge_expired_data()

    assert stack.rows(chunks) == [(0,)]
    problem(root.get(job["file"]), 404, "job_not_found")


def test_only_readers_and_administrators_export(stack: Stack, root: Operator) -> None:
    accepted = root.export()
    root.done(accepted)
    paths = [accepted.headers["Location"], f"{accepted.headers['Location']}/file"]

    for scopes in ((), ("orders:write",), ("payments:write",), ("stock:write",)):
        other = operator(stack, role=Role.CUSTOMER, scopes=scopes)
        problem(other.export(), 403, "access_denied")
        problem(other.start("exports", data=b"{", content_type="application/json"), 403, "access_denied")
        assert {other.get(path).status_code for path in paths} == {403}
    for other in (operator(stack), operator(stack, role=Role.CUSTOMER, scopes=("orders:read",))):
        assert {other.get(path).status_code for path in paths} == {404}
        assert other.done(other.export(user_id="nobody"))["orders"] == 0
    assert root.get("/v1/exports/1").status_code == 404
    assert root.get(paths[0].replace("/exports/", "/imports/")).status_code == 404


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"colour": "red"}, "colour"),
        ({"format": "xml"}, "Must be one of"),
        ({"view": "people"}, "Must be one of"),
        ({"statuses": ["lost"]}, "Must be one of"),
        ({"statuses": []}, "Length must be"),
        ({"created_from": "yesterday"}, "ISO 8601"),
        ({"created_to": 7}, "ISO 8601"),
        ({"created_from": "2026-01-02", "created_to": "2026-01-01"}, "The period must end after its beginning."),
        ({"format": "jsonl", "bom": True}, "with CSV only"),
        ({"bom": "yes"}, "boolean"),
        ({"user_id": ""}, "user_id"),
    ],
)
def test_invalid_export_is_refused(root: Operator, body: dict[str, Any], text: str) -> None:
    assert text in str(problem(root.export(**body), 422, "invalid_request"))


def test_other_bodies_are_refused(root: Operator) -> None:
    problem(root.start("exports", data=b"a=b", content_type="text/plain"), 415, "unsupported_media_type")
    problem(root.start("exports", data=b"{", content_type="application/json"), 400, "malformed_request")
    assert root.caller.ask("POST", "/v1/exports").status_code == 400  # without a key
    root.done(root.start("exports"))  # without a body


def test_repeated_request_gets_its_job(root: Operator) -> None:
    first, again = root.export(key="key"), root.export(key="key")
    root.done(first)
    late = root.export(key="key")

    assert first.headers["Location"] == again.headers["Location"] == late.headers["Location"]
    assert [each.headers.get("x-idempotent-replay") for each in (first, again, late)] == [None, "true", "true"]
    assert root.export(key="key", view="items").status_code == 422


def test_sixth_unfinished_job_is_refused(stack: Stack, root: Operator) -> None:
    waiting = [root.export(user_id="nobody") for _ in range(5)]

    refused = root.export(user_id="nobody")
    others = operator(stack).export(user_id="nobody")
    run(stack)

    problem(refused, 429, "too_many_jobs")
    assert refused.headers["Retry-After"] == "10"
    assert [each.status_code for each in [*waiting, others]] == [202] * 6
    assert root.done(root.export(user_id="nobody"))["status"] == "done"


def test_too_large_export_fails_with_a_sentence(build: Callable[..., Stack]) -> None:
    stack = build(replace(Settings(database_url="memory://"), export_max_bytes=1_000))
    root = operator(stack)
    placed(stack, 9)

    job = root.done(root.export())

    assert (job["status"], job["file"]) == ("failed", None)
    assert job["failure"] == "The file must have at most 1,000 bytes; export fewer orders at a time."
    file: Answer = root.get(f"/v1/exports/{job['id']}/file")
    assert "1,000 bytes" in problem(file, 409, "file_not_ready")["detail"]
