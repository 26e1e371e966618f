"""Whether another service answers at all."""

import time

from orders_adapters.http.call import Nonsense, TooSlow, Unreachable, call, read_address

SECONDS = 3.0


def ping(address: str) -> bool:
    """Say whether anything that speaks HTTP answers there; what it answers is its own affair."""
    try:
        call(read_address(address), "GET", "/", body=None, headers={}, until=time.monotonic() + SECONDS)
    except (Unreachable, TooSlow, Nonsense):
        return False
    return True
