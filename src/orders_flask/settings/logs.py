"""Settings of the log."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask.settings.validation import require_one_of, setting


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """Level and format of log lines."""

    log_level: str = setting("LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`")
    log_format: str = setting(
        "LOG_FORMAT",
        "",
        "`json` (one line per event) or `console`; by default `console` on a terminal, otherwise `json`",
    )

    def _check_logs(self) -> None:
        require_one_of("LOG_LEVEL", self.log_level, "DEBUG", "INFO", "WARNING", "ERROR")
        require_one_of("LOG_FORMAT", self.log_format, "", "json", "console")
