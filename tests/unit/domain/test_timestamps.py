"""Parsing of timestamps: every form of RFC 3339 is accepted, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_adapters.testing.carts import content
from orders_domain.model.cart import Cart
from orders_domain.model.values.timestamps import parse_rfc3339
from tests.support.cases import each_case
from tests.unit.domain.test_cart import refused_field

GOOD = {
    "2024-01-01T00:00:00Z": (2024, 1, 1),
    "2024-01-01t00:00:00z": (2024, 1, 1),
    "2024-01-01T02:00:00+02:00": (2024, 1, 1),
    "2023-12-31T00:01:00-23:59": (2024, 1, 1),
    "2024-01-01T00:00:00-00:00": (2024, 1, 1),
    "2024-02-29T12:30:15.5Z": (2024, 2, 29, 12, 30, 15, 500_000),
    "2024-02-29T12:30:15.123456789012345678901234567890Z": (2024, 2, 29, 12, 30, 15, 123_456),
    "2016-12-31T23:59:60Z": (2017, 1, 1),
    "1990-12-31T15:59:60-08:00": (1991, 1, 1),
    "2015-06-30T23:59:60.25z": (2015, 7, 1, 0, 0, 0, 250_000),
}
BAD = [
    "", "now", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00Z", "2024-01-01T00Z", "20240101T000000Z",
    "2024-01-01T000000Z", "2024-W01-1T00:00:00Z", "2024-001T00:00:00Z", "2024-01-01T00:00:00,5Z",
    "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+02", "2024-01-01T00:00:00+0200", "2024-01-01T00:00:00+02:00:30",
    "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+02:60", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
    "2024-01-01T00:00:61Z", "2024-01-01T12:00:60Z", "2024-01-15T23:59:60Z", "2016-12-31T23:59:60+01:00",
    "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00Z\n", " 2024-01-01T00:00:00Z",
    "+2024-01-01T00:00:00Z", "12024-01-01T00:00:00Z", "２０２４-01-01T00:00:00Z", "2024-01-01T00:00:00 Z",
]  # fmt: skip


@each_case("text", GOOD)
def test_rfc3339_forms_are_parsed(text: str) -> None:
    assert parse_rfc3339(text) == datetime(*GOOD[text], tzinfo=UTC)  # type: ignore[misc, arg-type]


@each_case("text", BAD)
def test_invalid_timestamp_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="it "):
        parse_rfc3339(text)


@given(st.datetimes(timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))))
def test_isoformat_round_trips(at: datetime) -> None:
    try:
        at.astimezone(UTC)
    except OverflowError:  # beyond the years 1 to 9999
        return
    assert parse_rfc3339(at.isoformat()) == at


@each_case("text", GOOD)
def test_cart_preserves_its_timestamp(text: str) -> None:
    assert Cart(content(createdAt=text)).content["createdAt"] == text


@each_case("text", BAD)
def test_cart_without_timestamp_is_rejected(text: str) -> None:
    assert refused_field(content(createdAt=text)) == "createdAt"
