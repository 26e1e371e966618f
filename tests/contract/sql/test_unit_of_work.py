"""Use and misuse of a unit of work over a database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.unit_of_work import SqlUnitOfWork
from tests.support.builders import an_order
from tests.support.stores import copied_sqlite


@pytest.fixture
def engine(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = engines.create(copied_sqlite(migrated_sqlite, tmp_path))
    yield engine
    engine.dispose()


def test_only_a_commit_wakes_the_relay(engine: Engine) -> None:
    rung: list[str] = []
    uow = SqlUnitOfWork(engine, on_commit=lambda: rung.append("rung"))

    with uow:
        uow.orders.add(an_order())
    assert rung == []
    with uow:
        uow.orders.add(an_order())
        assert rung == []
        uow.commit()
        assert rung == ["rung"]


@pytest.mark.parametrize("use", [lambda uow: uow.orders, lambda uow: uow.commit()])
def test_closed_unit_of_work_rejects_calls(engine: Engine, use: Callable[[SqlUnitOfWork], object]) -> None:
    uow = SqlUnitOfWork(engine)

    with pytest.raises(RuntimeError):
        use(uow)
    with uow:
        uow.commit()
        with pytest.raises(RuntimeError):
            use(uow)


def test_nested_entry_of_unit_of_work_is_rejected(engine: Engine) -> None:
    uow = SqlUnitOfWork(engine)

    with uow, pytest.raises(RuntimeError):
        uow.__enter__()
    with uow:
        uow.commit()
