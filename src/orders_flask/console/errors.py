"""Error pages: a sentence about the error, and a link to go on."""

from __future__ import annotations

from flask import Response, g
from werkzeug.wrappers import Response as AnyResponse

from orders_domain.errors import InvalidToken
from orders_domain.model.access import SHOP
from orders_flask.console.pages import page, sign_in_url, to_address
from orders_flask.web.error_handlers import described


def error_page(error: Exception) -> AnyResponse:
    """Return the page of an error; an ended session leads to the sign-in page."""
    if isinstance(error, InvalidToken):
        return to_address(sign_in_url())
    problem = described(error)
    actor = g.get("actor")
    is_operator = actor is not None and SHOP.grants_all(actor)
    response: Response = page("error.html", status=problem.status, problem=problem, is_operator=is_operator)
    response.headers.update(problem.headers)
    return response
