"""Operational endpoints without authentication: liveness, readiness and metrics."""

from typing import Any

from flask import Blueprint, Response, current_app

from orders_flask.web import landing
from orders_flask.web.background import drain
from orders_flask.web.background_checks import BackgroundChecks
from orders_flask.web.context import use_cases

_CHECKS = "orders-background-checks"

blueprint = Blueprint("operations", __name__, template_folder="templates")
blueprint.record(lambda state: state.app.extensions.update({_CHECKS: BackgroundChecks()}))


blueprint.get("/")(landing.root)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """Return the last result of each component's check, which runs in the background.

    Only the database affects readiness, because cache and broker are optional, and that the process is about to stop.
    """
    states = {name: state for name, (state, _) in component_states().items()}
    if drain.drain_of(current_app).begun:
        return {"status": "stopping", "checks": states}, 503
    ready = states["database"] == "ok"
    return {"status": "ready" if ready else "unavailable", "checks": states}, 200 if ready else 503


def component_states() -> dict[str, tuple[str, str | None]]:
    """Return the state of each component by name, by its last check: ok, degraded or unavailable; and the failure."""
    checks: BackgroundChecks = current_app.extensions[_CHECKS]
    failures = checks.results(use_cases().check_components())
    return {
        name: ("ok" if failure is None else "unavailable" if name == "database" else "degraded", failure)
        for name, failure in failures.items()
    }


@blueprint.get("/metrics")
def prometheus() -> Response:
    return use_cases().metrics.exposition()
