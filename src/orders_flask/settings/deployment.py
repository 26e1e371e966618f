"""Settings of the environment and of the contracts that are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orders_flask import production
from orders_flask.settings.mounts import DEFAULT_MOUNTS, parse_mounts, validate_mounts
from orders_flask.settings.validation import InvalidSetting, require_one_of, require_within, setting


@dataclass(frozen=True, kw_only=True)
class DeploymentSettings:
    """The environment, its exceptions, and the mounts of the contracts."""

    environment: str = setting(
        "ORDERS_ENV", "development", "`development` or `production`, which has requirements (see above)"
    )
    production_allows: str = setting(
        "PRODUCTION_ALLOWS",
        "",
        "exceptions from the requirements of production, separated by spaces: " + ", ".join(production.EXCEPTIONS),
    )
    mounts: Mapping[str, tuple[str, ...]] = setting(
        "ORDERS_MOUNTS", None, "`contract=/prefix,/prefix contract=/prefix`: the URL prefixes of each contract"
    )

    demo: str = setting(
        "ORDERS_DEMO", "off", "`on` offers tokens of the demonstration's accounts at `/docs`; set by `orders demo`"
    )

    demo_orders: int = setting(
        "DEMO_ORDERS", 0, "past orders that a demonstration stores in the background; set by `orders demo`"
    )

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def allows_demo(self) -> bool:
        """Whether the accounts and tokens of ``orders demo`` are accepted."""
        return not self.production

    @property
    def exceptions(self) -> tuple[str, ...]:
        """The requirements of production that an operator has waived."""
        return tuple(self.production_allows.split())

    def _check_deployment(self) -> None:
        object.__setattr__(
            self, "mounts", parse_mounts(DEFAULT_MOUNTS) if self.mounts is None else validate_mounts(self.mounts)
        )
        require_one_of("ORDERS_ENV", self.environment, "development", "production")
        require_one_of("ORDERS_DEMO", self.demo, "on", "off")
        require_within("DEMO_ORDERS", self.demo_orders, 0, 10_000)
        if self.demo == "on" and self.production:
            raise InvalidSetting("ORDERS_DEMO must not be on in production, because it gives everybody tokens.")
        for word in self.exceptions:
            require_one_of("PRODUCTION_ALLOWS", word, *production.EXCEPTIONS)
