"""Blueprints of published contracts: flask-smorest with strict JSON parsing and bearer authentication."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from orders_flask.web.authentication import authenticate
from orders_flask.web.etags import not_modified
from orders_flask.web.json_parser import StrictParser

MAX_OPEN_BODY_BYTES = 16 * 1024


class OpenBlueprint(Blueprint):
    """Routes that need no token; their bodies are short, because everybody may have them parsed."""

    ARGUMENTS_PARSER: Any = StrictParser(max_bytes=MAX_OPEN_BODY_BYTES)

    def _prepare_arguments_doc(self, doc: dict[str, Any], doc_info: dict[str, Any], **around: Any) -> dict[str, Any]:
        """Document the arguments without flask-smorest's 422, because ``openapi.operation`` documents all errors."""
        doc_info.get("arguments", {}).pop("responses", None)
        documented: dict[str, Any] = super()._prepare_arguments_doc(doc, doc_info, **around)
        return documented


class ContractBlueprint(OpenBlueprint):
    """Routes that need a bearer token and answer conditional GET requests with 304.

    ``authenticate`` runs before any other part of a request is read.
    """

    ARGUMENTS_PARSER = StrictParser()
    authenticates = True

    def __init__(
        self, name: str, import_name: str, *, authenticate: Callable[[], None] = authenticate, **about: Any
    ) -> None:
        super().__init__(name, import_name, **about)
        self.before_request(authenticate)
        self.after_request(not_modified)
