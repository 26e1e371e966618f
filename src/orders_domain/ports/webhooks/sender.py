"""Webhook sender port: one attempt to deliver a message to an endpoint."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from orders_domain.model.webhooks.delivery import WebhookMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """A message for a URL, signed with each of the secrets at the time of the attempt."""

    url: str
    message: WebhookMessage
    secrets: tuple[str, ...] = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswer:
    """The status of the answer, or why there was none. ``retry_after`` is the pause that the receiver asks for."""

    status: int | None = None
    error: str | None = None
    retry_after: timedelta = timedelta(0)


WebhookSender: TypeAlias = Callable[[WebhookRequest], WebhookAnswer]
"""Send the message once, within seconds, and return the answer; a failure is an answer, too.

No redirect is followed. Only public addresses are connected to, and those that the settings allow.
"""
