"""Drain: the time between SIGTERM and the end of a server, in which load balancers turn to others."""

import asyncio
import signal
from typing import Any, cast

import structlog
from flask import Flask

_KEY = "orders.drain"
HURRY = signal.SIGUSR2
"""The signal that ends the drain. A second SIGINT would interrupt a process that a terminal has stopped already."""

log = structlog.get_logger(__name__)


class Drain:
    """Whether this process is about to stop; it still serves requests."""

    def __init__(self) -> None:
        self.begun = False


def drain_of(app: Flask) -> Drain:
    return cast(Drain, app.extensions.setdefault(_KEY, Drain()))


def begin_at_sigterm(app: Flask, *, seconds: int) -> None:
    """Let SIGTERM begin the drain, whose end is SIGINT: the server has one handler for both, which stops it.

    It is called in the event loop of the server, after the server has set its own handlers.
    """
    loop, drain = asyncio.get_running_loop(), drain_of(app)

    def begin() -> None:
        if not drain.begun:  # a supervisor may signal all processes, and the server signals its workers again
            drain.begun = True
            log.info("drain.started", seconds=seconds)
            loop.call_later(seconds, signal.raise_signal, signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, begin)
    loop.add_signal_handler(HURRY, signal.raise_signal, signal.SIGINT)


def closing(send: Any) -> Any:
    """Return a ``send`` whose responses close the connection, so that no client sends another request over it."""

    async def send_and_close(message: Any) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message.get("headers", ()) if name.lower() != b"connection"]
            message = message | {"headers": [*others, (b"connection", b"close")]}
        await send(message)

    return send_and_close
