"""The names of one test run: it touches nothing, on a server that others use too, that does not bear its token."""

import re
import secrets
import time

DAY = 24 * 60 * 60

# Eight hexadecimal digits of seconds since 1970, so that a dead run's leavings tell their age, and six of chance.
TOKEN = f"{int(time.time()):08x}{secrets.token_hex(3)}"
DATABASE = f"orders_test_{TOKEN}"
PREFIX = f"orders-test-{TOKEN}"

_OURS = re.compile(r"orders_test_(?P<began>[0-9a-f]{8})[0-9a-f]{6}(_\d+)?")


def left_by_a_dead_run(database: str, *, now: float) -> bool:
    """Say whether the database is a test run's, begun more than a day before `now` (seconds since 1970)."""
    ours = _OURS.fullmatch(database)
    return ours is not None and now - int(ours["began"], 16) > DAY
