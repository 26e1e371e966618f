"""The preferences for a response before the request is processed, and for a minimal one (RFC 7240)."""

from typing import Any

from flask import request
from werkzeug.http import parse_list_header

HEADER, APPLIED = "Prefer", "Preference-Applied"
RESPOND_ASYNC, RETURN_MINIMAL = "respond-async", "return=minimal"

PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": HEADER,
    "description": f"`{RESPOND_ASYNC}`: a job does the work; the response is 202 with its Location.",
    "schema": {"type": "string"},
}


def prefers_async() -> bool:
    """Return whether the client prefers 202 and a job to the result (RFC 7240, section 4.1)."""
    return any(preference.partition("=")[0].strip() == RESPOND_ASYNC for preference in _preferences())


def prefers_minimal() -> bool:
    """Return whether the client prefers a response without the representation (RFC 7240, section 4.2)."""
    return any(preference.replace(" ", "").replace('"', "") == RETURN_MINIMAL for preference in _preferences())


def _preferences() -> list[str]:
    """Return the preferences in lower case, without their parameters."""
    preferences = parse_list_header(",".join(request.headers.getlist(HEADER)))
    return [preference.partition(";")[0].lower() for preference in preferences]
