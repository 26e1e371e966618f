"""The worker that takes messages in: a use case for each, for ever, whatever fails meanwhile."""

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
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_TIMEOUT = 1.0  # seconds to wait for a message; who wants to stop waits as long


@dataclass(kw_only=True)
class MessageWorker:
    """``run`` returns when ``stop`` is set, with the message in hand done. Killing it loses nothing."""

    consumer: MessageConsumer
    handler: MessageHandler
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            runner.run(self._step, stop=self.stop, name="intake")
        finally:
            self.consumer.close()

    def _step(self) -> None:
        self.consumer.poll(self.handler, timeout=POLL_TIMEOUT)


def message_handler(read: Callable[[bytes], object], use_case: Callable[[Any], object]) -> MessageHandler:
    """Return what is done about a message: it is read as a request, and the use case is asked.

    What can be mended by waiting is waited for; an order that is not there only for a while: who ships it may tell of
    it before it is stored. All else is said of the message itself, also what was our own flaw: it would hold up those
    behind it, and lies with the others that can be put back once the flaw is mended.
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
            log.warning("message put aside", reason=error.code, sentence=str(error))
            return f"{error.code}: {error}"
        except Exception as error:
            log.exception("message put aside")
            return f"failed: {type(error).__name__}"
        return None

    return handle
