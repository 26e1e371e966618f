"""Structured logging: one line per event on standard error, with the context of its request."""

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

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
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
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
