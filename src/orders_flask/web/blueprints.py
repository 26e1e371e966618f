"""Blueprints of published contracts: flask-smorest with strict JSON parsing and bearer authentication."""

from typing import Any

from flask_smorest import Blueprint

from orders_flask.web.authentication import authenticate
from orders_flask.web.etags import not_modified
from orders_flask.web.json_parser import StrictParser


class OpenBlueprint(Blueprint):
    """Routes that need no token."""

    ARGUMENTS_PARSER = StrictParser()

    def _prepare_arguments_doc(self, doc: dict[str, Any], doc_info: dict[str, Any], **around: Any) -> dict[str, Any]:
        """Document the arguments without flask-smorest's 422, because ``openapi.operation`` documents all errors."""
        doc_info.get("arguments", {}).pop("responses", None)
        documented: dict[str, Any] = super()._prepare_arguments_doc(doc, doc_info, **around)
        return documented


class ContractBlueprint(OpenBlueprint):
    """Routes that need a bearer token and answer conditional GET requests with 304."""

    def __init__(self, name: str, import_name: str, **about: Any) -> None:
        super().__init__(name, import_name, **about)
        self.before_request(authenticate)
        self.after_request(not_modified)
