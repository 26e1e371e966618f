"""Pages: a template with what every page shows, and redirections to them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from orders_domain.model.access import ADMIN_ONLY, SHOP, AccessPolicy
from orders_domain.model.accounts.actor import Role
from orders_flask.console import session

_STATIC = Path(__file__).parent / "static"
_OWN_PATH = re.compile(r"/console(/[^/\\\s][^\\\s]*)?/?")


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation, for actors to whom the policy grants everything."""

    name: str
    title: str
    access: AccessPolicy


SECTIONS = (
    Section("orders", "Orders", SHOP),
    Section("stock", "Stock", ADMIN_ONLY),
    Section("analytics", "Analytics", ADMIN_ONLY),
    Section("webhooks", "Webhooks", ADMIN_ONLY),
    Section("outbox", "Outbox", ADMIN_ONLY),
    Section("health", "Health", SHOP),
)


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page; its forms have the token of the session."""
    actor = g.get("actor")
    shared = {
        "actor": actor,
        "role": _role(actor) if actor else "",
        "sections": [section for section in SECTIONS if actor and section.access.grants_all(actor)],
        "notice": session.notice() if actor and not wants_part() else None,
        "form_token": session.form_token(),
        "form_field": session.FORM_FIELD,
        "new_key": lambda: str(uuid4()),
        "asset": asset,
    }
    return make_response(render_template(f"console/{template}", **shared, **values), status)


def to(endpoint: str, *, notice: str = "", failure: str = "", **values: Any) -> AnyResponse:
    """Return the redirection to a page of the console after an action; the page shows the notice or the failure."""
    if notice or failure:
        session.announce(notice or failure, kind="success" if notice else "failure")
    return to_address(url_for(f"console.{endpoint}", **values))


def to_address(address: str) -> AnyResponse:
    """Return the redirection; to a script that wants a part of a page, the order to open the address itself."""
    if wants_part():
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def wants_part() -> bool:
    """Return whether a script takes a part of the page, in which a notice is not shown."""
    return "HX-Request" in request.headers


def asset(name: str) -> str:
    """Return the URL of a static file, with a part that changes with its content."""
    return url_for("console.static", filename=name, v=_hash(name))


def sign_in_url() -> str:
    """Return the URL of the sign-in page, which leads back to this page if it can be read again."""
    path = request.full_path.rstrip("?") if request.method == "GET" else ""
    leads_back = own_path(path) and path.rstrip("/") != "/console"
    return url_for("console.sign_in", next=path if leads_back else None)


def own_path(text: str) -> str | None:
    """Return the path, if it is one of the console, without the root path."""
    return text if _OWN_PATH.fullmatch(text) else None


@cache
def _hash(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


def _role(actor: Any) -> str:
    return "administrator" if actor.role is Role.ADMIN else " ".join(sorted(actor.scopes)) or "customer"
