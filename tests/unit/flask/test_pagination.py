"""Pagination cursors: a cursor round-trips, and any other text is rejected."""

from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from orders_domain.model.order_filter import Cursor, Page
from orders_flask.web.pagination import link_to_next, read_cursor, write_cursor
from orders_flask.web.problems import InvalidRequest
from tests.support.cases import each_case

moments = st.datetimes(timezones=st.just(UTC))
SOMEWHERE = Cursor(datetime(2026, 1, 5, 12, 30, 15, 123456, tzinfo=UTC), UUID(int=7))


@given(moments, st.uuids())
def test_cursor_round_trips(at: datetime, order_id: UUID) -> None:
    cursor = write_cursor(Cursor(at, order_id))

    assert read_cursor(cursor) == Cursor(at, order_id)
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text())
def test_any_text_is_a_cursor_or_rejected(text: str) -> None:
    with suppress(InvalidRequest):
        assert isinstance(read_cursor(text), Cursor)


@given(st.binary(min_size=24, max_size=24))
def test_any_24_bytes_are_a_cursor_or_rejected(raw: bytes) -> None:
    try:
        cursor = read_cursor(urlsafe_b64encode(raw).decode())
    except InvalidRequest:
        return
    assert cursor
    assert write_cursor(cursor) == urlsafe_b64encode(raw).decode()


@each_case("text", ["", "x", "é", "AAAA", "A" * 31, "A" * 33, "f" * 32, "\x00", "A" * 10_000])
def test_invalid_cursor_is_rejected_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_cursor(text)

    assert refusal.value.messages == {"cursor": ["Must be a cursor from the Link header of a page."]}


def test_missing_cursor_is_the_first_page() -> None:
    assert read_cursor(None) is None


@pytest.mark.parametrize(
    ("requested", "others"),
    [
        ("/orders/user/ann", {}),
        ("/orders/user/ann?limit=2", {"limit": ["2"]}),
        ("/orders/user/ann?cursor=old&limit=2&x=%26%3D%20%C3%A9", {"limit": ["2"], "x": ["&= é"]}),
        ("/orders/user/a%2Fb%20%C3%A9%3F%23", {}),
    ],
)
def test_next_link_preserves_path_and_parameters(requested: str, others: dict[str, Any]) -> None:
    with Flask("x").test_request_context(requested):
        headers = link_to_next(Page(orders=(), next_cursor=SOMEWHERE))

    url, relation = headers["Link"].split("; ")
    assert relation == 'rel="next"'
    assert url.isascii()
    assert parse_qs(urlsplit(url[1:-1]).query) == others | {"cursor": [write_cursor(SOMEWHERE)]}
    with Flask("x").test_request_context(requested) as first, Flask("x").test_request_context(url[1:-1]) as second:
        assert first.request.path == second.request.path


def test_last_page_has_no_link() -> None:
    with Flask("x").test_request_context("/orders/user/ann"):
        assert link_to_next(Page(orders=(), next_cursor=None)) == {}
