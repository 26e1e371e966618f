"""Names of one test run, with its token, so that a run on a shared server touches only its own objects."""

import re
import secrets
import time

DAY = 24 * 60 * 60

# Eight hexadecimal digits of seconds since 1970, which give the age of a dead run's objects, and six random digits.
TOKEN = f"{int(time.time()):08x}{secrets.token_hex(3)}"
DATABASE = f"orders_test_{TOKEN}"
PREFIX = f"orders-test-{TOKEN}"

_RUN_NAME = re.compile(r"orders_test_(?P<began>[0-9a-f]{8})[0-9a-f]{6}(_\d+)?")


def left_by_a_dead_run(database: str, *, now: float) -> bool:
    """Return whether the database is from a test run that began more than a day before `now` (Unix seconds)."""
    match = _RUN_NAME.fullmatch(database)
    return match is not None and now - int(match["began"], 16) > DAY
