"""Callers of `checkout`: a customer, an operator and an administrator."""

import pytest

from tests.support.client import Caller
from tests.support.service_stack import Stack


@pytest.fixture
def operator(stack: Stack) -> Caller:
    return stack.caller(scopes=("orders:write",))
