"""Settings: one frozen object, made of the sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast

from orders_flask import production
from orders_flask.settings.clients import ClientSettings
from orders_flask.settings.deployment import DeploymentSettings
from orders_flask.settings.jobs import JobSettings
from orders_flask.settings.logs import LogSettings
from orders_flask.settings.messages import MessageSettings
from orders_flask.settings.mounts import DEFAULT_MOUNTS
from orders_flask.settings.orders import OrderSettings
from orders_flask.settings.storage import StorageSettings
from orders_flask.settings.validation import NotForProduction
from orders_flask.settings.web import WebSettings
from orders_flask.settings.webhooks import WebhookSettings


@dataclass(frozen=True, kw_only=True)
class Settings(
    # The fields of a dataclass begin with those of its last base.
    LogSettings,
    WebhookSettings,
    MessageSettings,
    JobSettings,
    OrderSettings,
    WebSettings,
    ClientSettings,
    StorageSettings,
    DeploymentSettings,
):
    """Every setting, its environment variable and its default.

    Raises:
        InvalidSetting: a value is invalid, or not allowed in production.
    """

    def __post_init__(self) -> None:
        self._check_deployment()
        self._check_storage()
        self._check_broker()
        self._check_auth()
        self._check_web()
        self._check_services()
        self._check_clients()
        self._check_jobs()
        self._check_orders()
        self._check_messages()
        self._check_webhooks()
        self._check_logs()
        if any(self.production_report.values()):
            raise NotForProduction(self.production_report)

    @property
    def broker(self) -> Literal["rabbitmq", "log", "none"]:
        """The broker; the log only for the embedded default, because a lost event cannot be published later."""
        if self.rabbitmq_url:
            return "rabbitmq"
        return "log" if self.uses_default_database and not self.production else "none"

    @property
    def offers_demo_tokens(self) -> bool:
        """Whether the documentation page offers tokens of the demonstration's accounts."""
        return self.demo == "on" and self.algorithm == "HS256"

    @property
    def production_report(self) -> Mapping[str, str | None]:
        """Return None or a sentence for each requirement of production that is not waived; empty in development."""
        return production.report(self, allowed=self.exceptions) if self.production else {}

    @property
    def warning(self) -> str | None:
        """Advice on a valid but weak setting, or None."""
        if any(len(secret.encode()) < 32 for secret in self.cart_secrets) and "checkout" in self.mounts:
            return "CART_SNAPSHOT_SECRET should have at least 32 bytes; generate one with: openssl rand -hex 32"
        return None


def documentation() -> list[tuple[str, str, str]]:
    """Return name, default and meaning of each setting, for the reference documentation."""
    return [
        (
            cast(str, setting.metadata["name"]),
            DEFAULT_MOUNTS if setting.name == "mounts" else str(setting.default),
            cast(str, setting.metadata["meaning"]),
        )
        for setting in fields(Settings)
    ]
