"""Timestamps and ranges of time, parsed from text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from orders_domain.errors import InvalidValue

_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_FRACTION_LENGTH = 7  # characters: the point and six digits
_SECOND = timedelta(seconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""The maximum by which the clock of a sender of messages may be ahead of the clock of the service."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The range that a date or a datetime covers: a day of UTC, or one microsecond."""

    start: datetime
    end: datetime  # exclusive; after the calendar's last day, that day's last moment
    is_local: bool = False  # the text had no offset

    def in_zone(self, zone: tzinfo) -> TimeRange:
        """Return the same date or time of day in the zone; a range with an offset is not changed."""
        if not self.is_local:
            return self
        try:
            start, end = (at.replace(tzinfo=zone).astimezone(UTC) for at in (self.start, self.end))
        except OverflowError:  # at the ends of the calendar
            return self
        return TimeRange(start, max(start, end))


def timestamp_error(at: object) -> str | None:
    """Return why the value is not a datetime with a time zone, as the rest of a sentence, or None if it is."""
    if not isinstance(at, datetime):
        return "must be a datetime"
    return "must have a time zone" if at.utcoffset() is None else None


def ensure_occurred(at: datetime, now: datetime) -> None:
    """Check the moment of a sender's fact; the sender's clock may be five minutes ahead.

    Raises:
        InvalidValue: the moment is further in the future.
    """
    if at - now > MAX_CLOCK_SKEW:
        minutes = int(MAX_CLOCK_SKEW.total_seconds() // 60)
        raise InvalidValue(f"occurred_at must be at most {minutes} minutes in the future.", field="occurred_at")


def parse_timestamp(text: str) -> datetime:
    """Return the timestamp of an ISO 8601 text in UTC.

    Raises:
        ValueError: the text is not a datetime with an offset.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a timestamp must have an offset")
    return at.astimezone(UTC)


def parse_rfc3339(text: str) -> datetime:
    """Return the timestamp in UTC, truncated to microseconds; a leap second becomes the second after it.

    Raises:
        ValueError: the text is not an RFC 3339 date-time, or its year is not 1 to 9999.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("it must be an RFC 3339 date-time")
    date, minute, second, fraction, offset = match.groups("")
    is_leap = second == "60"
    iso_text = f"{date}T{minute}:{'59' if is_leap else second}{fraction[:_FRACTION_LENGTH]}{offset.upper()}"
    try:
        at = datetime.fromisoformat(iso_text).astimezone(UTC)
        return _after_leap(at) if is_leap else at
    except (ValueError, OverflowError) as error:
        raise ValueError("it must be an existing date of the years 1 to 9999") from error


def parse_time_range(text: str) -> TimeRange:
    """Return the range of an ISO 8601 date or datetime; without an offset it is in UTC.

    Raises:
        ValueError: the text is neither.
    """
    try:
        if day := _day(text):
            start = datetime.combine(day, time(), UTC)
            return TimeRange(start, _later(start, timedelta(days=1)), is_local=True)
        at = datetime.fromisoformat(text.replace(" ", "+"))  # because a plus in a URL may be unescaped
        start = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        return TimeRange(start, _later(start, timedelta(microseconds=1)), is_local=at.tzinfo is None)
    except (TypeError, OverflowError) as error:
        raise ValueError("it must be an ISO 8601 date or datetime") from error


def _day(text: str) -> date | None:
    """Return the date, in any of the spellings that ISO 8601 has; None if the text has a time."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _later(at: datetime, by: timedelta) -> datetime:
    return at + min(by, _LAST - at)


def _after_leap(at: datetime) -> datetime:
    """Return the second after ``at``, which must be the last of its month in UTC, as leap seconds are."""
    after = at + _SECOND
    if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):
        raise ValueError("it must not be a leap second within a month")
    return after
