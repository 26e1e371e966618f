"""Settings of requests and of the web processes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orders_domain.model.values.currencies import MINOR_UNIT_DIGITS
from orders_domain.ports.accounts.rate_limiter import RateLimit
from orders_flask import cors_origins
from orders_flask.settings.validation import InvalidSetting, require_one_of, require_within, setting

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600}
_RATE_LIMIT = re.compile(f"[1-9][0-9]{{0,8}}/({'|'.join(_SECONDS)})")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """Rate limit, proxies, defaults of requests, and what a web process runs."""

    rate_limit: str = setting(
        "RATE_LIMIT",
        "",
        "`100/minute` (or `second`, `hour`): the requests of each subject or address; by default no limit",
    )
    trusted_proxies: int = setting(
        "TRUSTED_PROXIES",
        0,
        "number of trusted reverse proxies that set `X-Forwarded-For` and may set `X-Forwarded-Prefix`",
    )
    cors_origins: str = setting(
        "CORS_ORIGINS",
        "",
        "`https://shop.example http://localhost:8080`: the origins whose pages may call the service; by default none",
    )
    default_currency: str = setting("DEFAULT_CURRENCY", "USD", "ISO 4217 code of amounts without a currency")
    products_public: str = setting("PRODUCTS_PUBLIC", "off", "`on` lets everybody read products without a token")
    console: str = setting("ORDERS_CONSOLE", "on", "`off` leaves out the operators' console at `/console`")
    relay: str = setting("ORDERS_RELAY", "off", "`on` runs an outbox relay in each web process; set by `orders serve`")
    threads: int = setting("ORDERS_THREADS", 8, "worker threads of `orders_flask.asgi:app`; set by `orders serve`")
    shutdown_delay: int = setting(
        "SHUTDOWN_DELAY_SECONDS",
        0,
        "seconds in which `orders serve` still serves after SIGTERM, while `/readyz` is 503 and connections are closed",
    )

    @property
    def request_limit(self) -> RateLimit | None:
        if not self.rate_limit:
            return None
        requests, _, period = self.rate_limit.partition("/")
        return RateLimit(int(requests), _SECONDS[period])

    @property
    def allowed_origins(self) -> frozenset[str]:
        return frozenset(cors_origins.parse(self.cors_origins))

    @property
    def products_are_public(self) -> bool:
        return self.products_public == "on"

    def _check_web(self) -> None:
        if self.rate_limit and not _RATE_LIMIT.fullmatch(self.rate_limit):
            raise InvalidSetting(
                f"RATE_LIMIT is {self.rate_limit!r}; it must be a number per second, minute or hour: 100/minute."
            )
        try:
            cors_origins.parse(self.cors_origins)
        except ValueError as error:
            raise InvalidSetting(str(error)) from error
        require_within("TRUSTED_PROXIES", self.trusted_proxies, 0, 10)
        if self.default_currency not in MINOR_UNIT_DIGITS:
            raise InvalidSetting(f"DEFAULT_CURRENCY must be an ISO 4217 code in use, not {self.default_currency!r}.")
        require_one_of("PRODUCTS_PUBLIC", self.products_public, "on", "off")
        require_one_of("ORDERS_CONSOLE", self.console, "on", "off")
        require_one_of("ORDERS_RELAY", self.relay, "on", "off")
        require_within("SHUTDOWN_DELAY_SECONDS", self.shutdown_delay, 0, 300)
        require_within("ORDERS_THREADS", self.threads, 1, 256)
