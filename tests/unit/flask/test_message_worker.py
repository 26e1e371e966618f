"""Message worker: transient failures are retried, and all other messages are dead-lettered with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from orders_adapters.memory.message_consumer import MAX_RETRIES, InMemoryMessageConsumer
from orders_adapters.testing.examples import new_id
from orders_domain.errors import InvalidValue, OrderNotFound, StaleOrder, StoreUnavailable
from orders_flask.workers import runner
from orders_flask.workers.message_worker import MessageWorker, message_handler


@dataclass
class ScriptedUseCase:
    """A use case that raises the given errors, and stops the worker after the last attempt."""

    enough: int
    errors: list[Exception] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    tries: int = 0
    stop: Callable[[], object] = lambda: None

    def __call__(self, request: str) -> None:
        self.tries += 1
        if self.tries == self.enough:
            self.stop()
        if self.errors:
            raise self.errors.pop(0)
        self.done.append(request)


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MIN_DELAY", 0.001)
    monkeypatch.setattr(runner, "MAX_DELAY", 0.002)


def run(consumer: InMemoryMessageConsumer, use_case: ScriptedUseCase) -> None:
    worker = MessageWorker(consumer=consumer, handler=message_handler(bytes.decode, use_case))
    use_case.stop = worker.stop.set
    worker.run()


def test_messages_are_handled_until_stop() -> None:
    consumer, use_case = InMemoryMessageConsumer(b"one", b"two", b"three"), ScriptedUseCase(enough=2)

    run(consumer, use_case)

    assert (use_case.done, list(consumer.waiting), consumer.dead_letters) == (["one", "two"], [b"three"], [])


@pytest.mark.parametrize("trouble", [StoreUnavailable("away"), StaleOrder(new_id())], ids=lambda error: error.code)
def test_transient_failure_is_retried_first(trouble: Exception) -> None:
    consumer, use_case = InMemoryMessageConsumer(b"one", b"two"), ScriptedUseCase(enough=6, errors=[trouble] * 4)

    run(consumer, use_case)

    assert (use_case.done, consumer.dead_letters) == (["one", "two"], [])


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (InvalidValue("The message is not JSON."), "invalid_value: The message is not JSON."),
        (ZeroDivisionError("secret"), "unexpected_error: ZeroDivisionError"),
    ],
)
def test_permanent_failure_is_dead_lettered(trouble: Exception, reason: str) -> None:
    consumer, use_case = InMemoryMessageConsumer(b"one", b"two"), ScriptedUseCase(enough=2, errors=[trouble])

    run(consumer, use_case)

    assert (use_case.done, consumer.dead_letters) == (["two"], [(b"one", reason)])


def test_missing_order_is_retried_after_the_next() -> None:
    consumer, use_case = InMemoryMessageConsumer(b"one", b"two"), ScriptedUseCase(enough=3, errors=[OrderNotFound(7)])

    run(consumer, use_case)

    assert (use_case.done, consumer.dead_letters) == (["two", "one"], [])


def test_order_missing_too_long_is_dead_lettered() -> None:
    consumer, use_case = (
        InMemoryMessageConsumer(b"one"),
        ScriptedUseCase(enough=MAX_RETRIES + 1, errors=[OrderNotFound(7)] * (MAX_RETRIES + 1)),
    )

    run(consumer, use_case)

    assert (use_case.done, consumer.dead_letters) == ([], [(b"one", "order_not_found: There is no such order.")])


def test_undecodable_message_is_dead_lettered() -> None:
    consumer, use_case = InMemoryMessageConsumer(b"\xff", b"two"), ScriptedUseCase(enough=1)

    run(consumer, use_case)

    assert (use_case.done, consumer.dead_letters) == (["two"], [(b"\xff", "unexpected_error: UnicodeDecodeError")])
