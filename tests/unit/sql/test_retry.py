"""Retry of a use case: a few times, and only for contention."""

from uuid import uuid4

import pytest

from orders_adapters.sql.retry import retry_on_contention
from orders_domain.errors import OrdersError, StaleOrder, StoreContention, StoreUnavailable


class Case:
    """A use case that fails this number of times, then returns the number of its runs."""

    def __init__(self, error: OrdersError, *, times: int) -> None:
        self.error = error
        self.times = times
        self.runs = 0

    def __call__(self, request: str, *, clock: str) -> tuple[str, str, int]:
        """Place an order."""
        self.runs += 1
        if self.runs <= self.times:
            raise self.error
        return request, clock, self.runs


@pytest.mark.parametrize("error", [StoreContention(), StaleOrder(uuid4())])
def test_contention_is_retried(error: OrdersError) -> None:
    assert retry_on_contention(Case(error, times=3).__call__)("tea", clock="noon") == ("tea", "noon", 4)


def test_error_is_raised_after_four_attempts() -> None:
    error = StoreContention()
    case = Case(error, times=99)

    with pytest.raises(StoreContention) as raised:
        retry_on_contention(case.__call__)("tea", clock="noon")

    assert raised.value is error
    assert case.runs == 4


def test_outage_is_not_retried() -> None:
    case = Case(StoreUnavailable(), times=1)

    with pytest.raises(StoreUnavailable):
        retry_on_contention(case.__call__)("tea", clock="noon")

    assert case.runs == 1


def test_decorator_preserves_name_and_docstring() -> None:
    decorated = retry_on_contention(Case(StoreContention(), times=0).__call__)

    assert (decorated.__name__, decorated.__doc__) == ("__call__", "Place an order.")
