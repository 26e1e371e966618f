"""Idempotency key that another transaction stores between acquire and store: the stored response is preserved."""

import pytest
from sqlalchemy import Engine

from orders_adapters.testing.examples import NOON, placed
from orders_adapters.testing.idempotency_keys import TWICE, place_once
from orders_domain.errors import StoreContention
from orders_domain.model.idempotency import DuplicateRequest
from tests.support.stores import in_database


def test_late_key_is_rejected_and_stored_key_stays(postgresql: Engine) -> None:
    store = in_database(postgresql)
    late, quick = placed(), placed()

    with store.unit_of_work() as uow:
        uow.idempotency_keys.acquire(TWICE, at=NOON)
        with store.unit_of_work() as other:  # as if it had checked earlier and acquired the lock later
            other.orders.add(quick)
            other.idempotency_keys.store(TWICE, quick)
            other.commit()
        uow.orders.add(late)
        with pytest.raises(StoreContention):
            uow.idempotency_keys.store(TWICE, late)

    with pytest.raises(DuplicateRequest) as done:
        place_once(store)
    assert done.value.order.id == quick.id
