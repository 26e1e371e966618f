"""Reservation releaser: releases reservations at remote services whose orders were never stored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from orders_domain.use_cases import ReleaseResult
from orders_flask.workers import runner

log = structlog.get_logger(__name__)

POLL_INTERVAL = 1.0  # seconds


@dataclass(kw_only=True)
class ReservationReleaser:
    """``run`` returns when ``stop`` is set. If it is killed, its reservation is due again when the lease expires."""

    release_reservations: Callable[[], ReleaseResult]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        runner.run(self.step, stop=self.stop, name="reservation releaser")

    def step(self) -> None:
        """Release due reservations; if there are none, wait."""
        outcome = self.release_reservations()
        for failure in outcome.failures:
            log.warning("reservation.release_failed", error=failure)
        if outcome.released:
            log.info("reservations.released", count=outcome.released)
        if outcome == ReleaseResult():
            self.stop.wait(POLL_INTERVAL)
