"""Structured logging: one line per event on standard error, with the context of its request."""

import json
import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import orjson
import structlog


def configure(*, level: str, form: str) -> None:
    """Configure structlog and the standard library's logging to use one formatter.

    ``form`` is ``json`` or ``console``; "" is ``console`` on a terminal, otherwise ``json``.
    """
    form = form or ("console" if sys.stderr.isatty() else "json")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_process,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=lambda event, **_: _json_bytes(event).decode())
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    if form == "json":
        _write_own_events_directly(shared, level)
    else:
        structlog.configure(
            processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=False,
        )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _extract_fields],
            pass_foreign_args=True,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # it logs each failed connection with a traceback
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _write_own_events_directly(processors: list[Any], level: str) -> None:
    """Render the service's events to bytes and write them, past the standard library's records and formatters.

    Two lines of each request take this way. Lines of libraries take the handler's, and have the same form.
    """
    stream = sys.stderr
    structlog.configure(
        processors=[*processors, structlog.processors.format_exc_info, _render_bytes],
        logger_factory=lambda name="", *_: LineWriter(name, stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


class LineWriter:
    """Writes each event as one line of bytes, in one call, so that lines of several threads do not mix."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream

    def msg(self, line: bytes) -> None:
        try:
            if (buffer := getattr(self._stream, "buffer", None)) is None:
                self._stream.write(f"{line.decode()}\n")
            else:
                buffer.write(line + b"\n")
                buffer.flush()
        except (OSError, ValueError):  # a full disk or a closed stream must not fail a request
            return

    debug = info = warning = error = critical = exception = msg


def _render_bytes(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    return _json_bytes(event)


def _json_bytes(event: MutableMapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(event, default=repr)
    except TypeError:  # text that is not UTF-8, such as a surrogate in a path, or a number of more than 64 bits
        return json.dumps(event, default=repr).encode()


def _extract_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Split a record of the adapters, "event: text" with a mapping of arguments, into the event and its fields."""
    fields = event.pop("positional_args", None)
    if isinstance(fields, Mapping) and event["logger"].startswith("orders_adapters."):
        event.update(fields, event=event["event"].partition(":")[0])
    return event


def _add_process(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Add the process id, because several workers write to one log."""
    event["pid"] = os.getpid()
    return event
