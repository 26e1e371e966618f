"""Callers of `management`: a new customer and a new administrator on each stack."""

import pytest

from orders_domain import Role
from tests.contract.http.management.client import Shopper, shopper
from tests.support.service_stack import Stack


@pytest.fixture
def ann(stack: Stack) -> Shopper:
    return shopper(stack)


@pytest.fixture
def bob(stack: Stack) -> Shopper:
    return shopper(stack)


@pytest.fixture
def root(stack: Stack) -> Shopper:
    """An administrator."""
    return shopper(stack, role=Role.ADMIN)
