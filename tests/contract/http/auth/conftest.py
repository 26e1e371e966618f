"""Somebody with an account, for each test a new one."""

import pytest

from tests.contract.http.auth.door import Guest, welcome
from tests.support.service_stack import Stack


@pytest.fixture
def ada(stack: Stack) -> Guest:
    return welcome(stack)
