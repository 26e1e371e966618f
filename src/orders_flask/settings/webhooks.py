"""Settings of webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from orders_domain.errors import InvalidValue
from orders_domain.model.webhooks.target import AllowedTargets
from orders_flask.settings.validation import InvalidSetting, require_within, setting


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """The targets and the number of webhook endpoints."""

    webhook_allowed_hosts: str = setting(
        "WEBHOOK_ALLOWED_HOSTS",
        "",
        "`localhost,10.0.0.0/8`: hosts and networks to which webhooks may be sent although they are private, and over "
        "http; by default none",
    )
    webhook_max_endpoints: int = setting(
        "WEBHOOK_MAX_ENDPOINTS", 100, "the number of webhook endpoints that there may be (1 to 500)"
    )

    @property
    def webhook_targets(self) -> AllowedTargets:
        """The targets that may be private and use http."""
        entries = tuple(entry.strip().lower() for entry in self.webhook_allowed_hosts.split(",") if entry.strip())
        try:
            return AllowedTargets(entries)
        except InvalidValue as error:
            raise InvalidSetting(f"WEBHOOK_ALLOWED_HOSTS cannot be used: {error}") from error

    def _check_webhooks(self) -> None:
        require_within("WEBHOOK_MAX_ENDPOINTS", self.webhook_max_endpoints, 1, 500)
        _ = self.webhook_targets
