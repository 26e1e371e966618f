"""How hypothesis runs here: no deadline on shared machines, and the same examples every time in CI."""

from hypothesis import settings

from tests.parts.closing import in_ci

settings.register_profile("orders", deadline=None, derandomize=in_ci(), max_examples=100)
settings.load_profile("orders")
