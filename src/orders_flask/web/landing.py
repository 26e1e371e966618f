"""The page at / for browsers; other clients get JSON there."""

from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request

from orders_flask.web import demonstration
from orders_flask.web.openapi import api_of

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def root() -> Response:
    """Return HTML if the client prefers it to JSON, as browsers do."""
    html = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    response = _page() if html else jsonify({"service": "orders", "status": "ok"})
    response.vary.add("Accept")
    return response


def _page() -> Response:
    page = render_template(
        "landing.html",
        tags=_tags(current_app),
        accounts=demonstration.accounts(),
        console="console" in current_app.blueprints,
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _tags(app: Flask) -> list[dict[str, Any]]:
    """The tags of the OpenAPI document, each with its name, its description and the prefixes of its paths."""
    document = api_of(app).document()
    paths: dict[str, set[str]] = {}
    for path, item in document["paths"].items():
        for operation in item.values():
            for tag in operation.get("tags", ()) if isinstance(operation, dict) else ():
                paths.setdefault(tag, set()).add(path)
    return [{**tag, "paths": _prefixes(paths.get(tag["name"], set()))} for tag in document["tags"]]


def _prefixes(paths: set[str]) -> list[str]:
    """The paths that no other of the paths is above, without their last slashes and segments of operations."""
    bare = sorted({path.rstrip("/") for path in paths})
    roots = [path for path in bare if f"{path}/" in paths] or [path.rpartition("/")[0] for path in bare]
    return sorted(set(roots))
