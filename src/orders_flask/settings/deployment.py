"""Settings of the environment and of the contracts that are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orders_flask import production
from orders_flask.settings.mounts import DEFAULT_MOUNTS, parse_mounts, validate_mounts
from orders_flask.settings.validation import require_one_of, setting


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
        for word in self.exceptions:
            require_one_of("PRODUCTION_ALLOWS", word, *production.EXCEPTIONS)
