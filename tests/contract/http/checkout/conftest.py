"""Who else is there beside a customer."""

import pytest

from tests.contract.http.caller import Caller
from tests.contract.http.stack import Stack


@pytest.fixture
def operator(stack: Stack) -> Caller:
    return stack.caller(scopes=("orders:write",))
