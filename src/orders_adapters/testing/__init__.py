"""Port suites for adapters of other people: a subclass of a suite, with one fixture, proves an adapter.

The modules are named as the ports. They need pytest and Hypothesis, the extra ``orders[testing]``.
"""

from pkgutil import iter_modules

import pytest

# So that a failed assertion shows its values. Not the package itself, because it is imported already.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
