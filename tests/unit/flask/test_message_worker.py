"""The intake: what waiting can mend is waited for, and of the rest each message has its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from orders_adapters.memory.message_consumer import RETRY_DELAYS, InMemoryMessageConsumer
from orders_domain.errors import InvalidValue, OrderNotFound, StaleOrder, StoreUnavailable
from orders_flask.workers import runner
from orders_flask.workers.message_worker import MessageWorker, message_handler
from tests.support.examples import new_id


@dataclass
class Deeds:
    """A use case that fails as it is told to, and stops the intake when nothing is left to do."""

    enough: int
    troubles: list[Exception] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    tries: int = 0
    stop: Callable[[], object] = lambda: None

    def __call__(self, request: str) -> None:
        self.tries += 1
        if self.tries == self.enough:
            self.stop()
        if self.troubles:
            raise self.troubles.pop(0)
        self.done.append(request)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MIN_DELAY", 0.001)
    monkeypatch.setattr(runner, "MAX_DELAY", 0.002)


def run(inlet: InMemoryMessageConsumer, deeds: Deeds) -> None:
    intake = MessageWorker(consumer=inlet, handler=message_handler(bytes.decode, deeds))
    deeds.stop = intake.stop.set
    intake.run()


def test_messages_are_handled_until_stop() -> None:
    inlet, deeds = InMemoryMessageConsumer(b"one", b"two", b"three"), Deeds(enough=2)

    run(inlet, deeds)

    assert (deeds.done, list(inlet.waiting), inlet.dead_letters) == (["one", "two"], [b"three"], [])


@pytest.mark.parametrize("trouble", [StoreUnavailable("away"), StaleOrder(new_id())], ids=lambda error: error.code)
def test_transient_failure_is_retried_first(trouble: Exception) -> None:
    inlet, deeds = InMemoryMessageConsumer(b"one", b"two"), Deeds(enough=6, troubles=[trouble] * 4)

    run(inlet, deeds)

    assert (deeds.done, inlet.dead_letters) == (["one", "two"], [])


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (InvalidValue("The message is not JSON."), "refused: The message is not JSON."),
        (ZeroDivisionError("secret"), "failed: ZeroDivisionError"),
    ],
)
def test_permanent_failure_is_dead_lettered(trouble: Exception, reason: str) -> None:
    inlet, deeds = InMemoryMessageConsumer(b"one", b"two"), Deeds(enough=2, troubles=[trouble])

    run(inlet, deeds)

    assert (deeds.done, inlet.dead_letters) == (["two"], [(b"one", reason)])


def test_missing_order_is_retried_after_the_next() -> None:
    inlet, deeds = InMemoryMessageConsumer(b"one", b"two"), Deeds(enough=3, troubles=[OrderNotFound(7)])

    run(inlet, deeds)

    assert (deeds.done, inlet.dead_letters) == (["two", "one"], [])


def test_order_missing_too_long_is_dead_lettered() -> None:
    inlet, deeds = (
        InMemoryMessageConsumer(b"one"),
        Deeds(enough=RETRY_DELAYS + 1, troubles=[OrderNotFound(7)] * (RETRY_DELAYS + 1)),
    )

    run(inlet, deeds)

    assert (deeds.done, inlet.dead_letters) == ([], [(b"one", "order_not_found: There is no such order.")])


def test_undecodable_message_is_dead_lettered() -> None:
    inlet, deeds = InMemoryMessageConsumer(b"\xff", b"two"), Deeds(enough=1)

    run(inlet, deeds)

    assert (deeds.done, inlet.dead_letters) == (["two"], [(b"\xff", "failed: UnicodeDecodeError")])
