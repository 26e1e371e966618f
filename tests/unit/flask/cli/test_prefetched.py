"""Items that a thread prefetches while the caller handles those before."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders_flask.cli._streaming import open_input, prefetched


def numbers(count: int, seen: list[int]) -> Iterator[int]:
    for number in range(count):
        seen.append(number)
        yield number


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_items_come_once_and_in_order(count: int) -> None:
    assert list(prefetched(numbers(count, []), size=3)) == list(range(count))


def test_at_most_one_batch_is_prefetched() -> None:
    seen: list[int] = []
    items = prefetched(numbers(100, seen), size=3)

    assert next(items) == 0
    items.close()

    assert seen == [0, 1, 2, 3, 4, 5]


def test_error_comes_after_the_batches_before_it() -> None:
    def failing() -> Iterator[int]:
        yield from range(3)
        raise ValueError("line 4")

    items = prefetched(failing(), size=3)

    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="line 4"):
        next(items)


def test_pipe_has_no_size(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)

    with open_input(str(tmp_path / "pipe")) as (_, size):
        assert size is None
    os.close(writer)
