"""A moment as others write it: the date-time of RFC 3339, all of it and nothing else of ISO 8601."""

import re
from datetime import UTC, datetime, timedelta

_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_MICROSECONDS = 7  # characters, with the point
_SECOND = timedelta(seconds=1)


def timestamp_error(at: object) -> str | None:
    """Return why it is no moment of everybody's, or None: one without a zone is another one everywhere."""
    if not isinstance(at, datetime):
        return "is no datetime"
    return "has no time zone" if at.utcoffset() is None else None


def parse_rfc3339(text: str) -> datetime:
    """Return it in UTC, what is finer than a microsecond cut off; a leap second is the second after it.

    Raises:
        ValueError: it is none, or not of the years 1 to 9999.
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ValueError("it is no date-time of RFC 3339")
    date, minute, second, fraction, offset = found.groups("")
    is_leap = second == "60"
    written = f"{date}T{minute}:{'59' if is_leap else second}{fraction[:_MICROSECONDS]}{offset.upper()}"
    try:
        at = datetime.fromisoformat(written).astimezone(UTC)
        return _after_leap(at) if is_leap else at
    except (ValueError, OverflowError) as error:
        raise ValueError("it is no moment of the calendar") from error


def _after_leap(at: datetime) -> datetime:
    """Return the second after one that was the last of its month in UTC: only there is a second inserted."""
    after = at + _SECOND
    if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):
        raise ValueError("there is no leap second")
    return after
