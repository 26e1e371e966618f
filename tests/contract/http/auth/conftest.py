"""Somebody with an account, for each test a new one."""

import pytest

from tests.contract.http.auth.door import Guest, welcome
from tests.contract.http.stack import Stack


@pytest.fixture
def ada(stack: Stack) -> Guest:
    return welcome(stack)
