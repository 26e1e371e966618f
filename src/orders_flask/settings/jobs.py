"""Settings of large jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from orders_flask.settings.validation import InvalidSetting, require_one_of, require_scheme, require_within, setting

_LIMIT = re.compile(r"(orders|management|ostore|checkout)=([1-9][0-9]{0,3})", re.ASCII)


def parse_async_lines(text: str) -> Mapping[str, int]:
    limits: dict[str, int] = {}
    for part in text.split():
        match = _LIMIT.fullmatch(part)
        if not match or match[1] in limits:
            raise InvalidSetting(
                f"ASYNC_ORDER_LINES has {part!r}; it must be contract=lines, such as management=200, "
                "with each of orders, management, ostore and checkout at most once and 1 to 9,999 lines."
            )
        limits[match[1]] = int(match[2])
    return limits


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """The processes that run large jobs."""

    celery_broker_url: str = setting(
        "CELERY_BROKER_URL",
        "",
        "`amqp://…` or `redis://…`: Celery runs large jobs; by default the web processes run them",
        secret=True,
    )
    jobs_queue: str = setting("JOBS_QUEUE", "orders_jobs", "the queue from which Celery workers consume jobs")
    jobs: str = setting("ORDERS_JOBS", "on", "`off` disables large jobs in this process; others run them")

    async_lines: str = setting(
        "ASYNC_ORDER_LINES",
        "",
        "contracts whose orders a job places if they have more lines, such as `management=200 orders=200`: the "
        "response is 202; by default only for clients that send `Prefer: respond-async`",
    )

    export_max_bytes: int = setting(
        "EXPORT_MAX_BYTES",
        1024 * 1024 * 1024,
        "the most bytes of a file that an export over HTTP writes; the database stores it for 24 hours",
    )
    import_max_bytes: int = setting(
        "IMPORT_MAX_BYTES", 16 * 1024 * 1024, "the most bytes of a file of products that is sent over HTTP"
    )

    @property
    def async_order_lines(self) -> Mapping[str, int]:
        """The most lines of an order that a contract places within the request, by contract."""
        return parse_async_lines(self.async_lines)

    def _check_jobs(self) -> None:
        schemes = ("amqp", "amqps", "pyamqp", "redis", "rediss", "memory")
        require_scheme("CELERY_BROKER_URL", self.celery_broker_url, *schemes)
        parse_async_lines(self.async_lines)
        require_within("EXPORT_MAX_BYTES", self.export_max_bytes, 1_000, 2**40)
        # The memory for the bodies of a process is 32 MiB.
        require_within("IMPORT_MAX_BYTES", self.import_max_bytes, 1_000, 30_000_000)
        require_one_of("ORDERS_JOBS", self.jobs, "on", "off")
