"""Operational endpoints without authentication: liveness, readiness and metrics."""

from typing import Any

from flask import Blueprint, Response, current_app

from orders_flask.web import landing
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

    Only the database affects readiness, because cache and broker are optional.
    """
    failures = component_failures()
    ready = failures["database"] is None
    states = {name: "ok" if failure is None else "degraded" for name, failure in failures.items()}
    states["database"] = "ok" if ready else "unavailable"
    return {"status": "ready" if ready else "unavailable", "checks": states}, 200 if ready else 503


def component_failures() -> dict[str, str | None]:
    """Return the last result of each component's check by name: None, or the reason for its failure."""
    checks: BackgroundChecks = current_app.extensions[_CHECKS]
    return checks.results(use_cases().check_components())


@blueprint.get("/metrics")
def prometheus() -> Response:
    return use_cases().metrics.exposition()
