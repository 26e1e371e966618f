"""Message worker: consumes messages and calls a use case for each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from orders_domain.errors import (
    OrderNotFound,
    OrdersError,
    PrerequisiteMissing,
    StaleOrder,
    StoreContention,
    Unavailable,
)
from orders_domain.ports.message_consumer import MessageConsumer, MessageHandler
from orders_flask.observability.instrumentation import UNEXPECTED_ERROR
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_TIMEOUT = 1.0  # seconds to wait for a message, and so the maximum delay of a stop


@dataclass(kw_only=True)
class MessageWorker:
    """``run`` returns when ``stop`` is set and the current message is processed. Killing it loses no message."""

    consumer: MessageConsumer
    handler: MessageHandler
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            runner.run(self._step, stop=self.stop, name="message worker")
        finally:
            self.consumer.close()

    def _step(self) -> None:
        self.consumer.poll(self.handler, timeout=POLL_TIMEOUT)


def message_handler(read: Callable[[bytes], object], use_case: Callable[[Any], object]) -> MessageHandler:
    """Return a handler that parses a message as a request and calls the use case.

    Transient failures are retried. An unknown order is retried for a while only, because a carrier's event may arrive
    before the order is stored. Everything else, bugs of ours included, is dead-lettered so that it does not block the
    queue; dead letters can be replayed after a fix.
    """

    def handle(raw: bytes) -> str | None:
        try:
            use_case(read(raw))
        except Unavailable:
            raise
        except StaleOrder as error:
            raise StoreContention(str(error)) from error
        except OrderNotFound as error:
            raise PrerequisiteMissing(f"{error.code}: {error}") from error
        except OrdersError as error:
            log.warning("message.dead_lettered", reason=error.code, error=str(error))
            return f"{error.code}: {error}"
        except Exception as error:
            log.exception("message.dead_lettered", reason=UNEXPECTED_ERROR)
            return f"{UNEXPECTED_ERROR}: {type(error).__name__}"
        return None

    return handle
