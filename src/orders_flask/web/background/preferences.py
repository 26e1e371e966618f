"""The preference for a response before the request is processed, and its documentation."""

from typing import Any

from flask import request
from werkzeug.http import parse_list_header

HEADER, APPLIED = "Prefer", "Preference-Applied"
RESPOND_ASYNC = "respond-async"

PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": HEADER,
    "description": f"`{RESPOND_ASYNC}`: a job does the work; the response is 202 with its Location.",
    "schema": {"type": "string"},
}


def prefers_async() -> bool:
    """Return whether the client prefers 202 and a job to the result (RFC 7240, section 4.1)."""
    preferences = parse_list_header(",".join(request.headers.getlist(HEADER)))
    names = (preference.partition(";")[0].partition("=")[0] for preference in preferences)
    return any(name.strip().lower() == RESPOND_ASYNC for name in names)
