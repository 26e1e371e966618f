"""Operational endpoints without authentication: liveness, readiness and metrics."""

from typing import Any

from flask import Blueprint, Response

from orders_flask.web import landing
from orders_flask.web.context import use_cases

blueprint = Blueprint("operations", __name__, template_folder="templates")


blueprint.get("/")(landing.root)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """Check all components. Only the database affects readiness, because cache and broker are optional."""
    failures = {name: check() for name, check in use_cases().check_components().items()}
    ready = failures["database"] is None
    checks = {name: "ok" if failure is None else "degraded" for name, failure in failures.items()}
    checks["database"] = "ok" if ready else "unavailable"
    return {"status": "ready" if ready else "unavailable", "checks": checks}, 200 if ready else 503


@blueprint.get("/metrics")
def prometheus() -> Response:
    return use_cases().metrics.exposition()
