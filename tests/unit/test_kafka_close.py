"""Closing a Kafka consumer ends, also where librdkafka's own close does not."""

import logging
import threading
from typing import Any

import pytest

from orders_adapters.kafka import inlet


class StuckConsumer:
    """A consumer whose close waits, as librdkafka's can during a rebalance that nobody polls."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def close(self) -> None:
        self.released.wait(30)


def test_a_consumer_that_does_not_close_is_left_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(inlet, "CLOSE_TIMEOUT", 0.05)
    consumer: Any = StuckConsumer()

    with caplog.at_level(logging.WARNING):
        inlet._close(consumer)
    consumer.released.set()

    assert "did not close within" in caplog.text


def test_a_consumer_that_closes_is_waited_for_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    consumer: Any = StuckConsumer()
    consumer.released.set()

    inlet._close(consumer)

    assert caplog.text == ""
