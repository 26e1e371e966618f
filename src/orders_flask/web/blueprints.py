"""Blueprints of published contracts: flask-smorest with strict JSON parsing and bearer authentication."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask
from flask_smorest import Blueprint

from orders_flask.web.authentication import authenticate
from orders_flask.web.etags import not_modified
from orders_flask.web.json_parser import StrictParser

MAX_OPEN_BODY_BYTES = 16 * 1024
_OPTIONAL_TOKEN: list[dict[str, list[str]]] = [{}, {"bearer": []}]


class OpenBlueprint(Blueprint):
    """Routes that need no token; their bodies are short, because everybody may have them parsed."""

    ARGUMENTS_PARSER: Any = StrictParser(max_bytes=MAX_OPEN_BODY_BYTES)

    def max_body_bytes(self, function: str, config: Mapping[str, Any]) -> int:
        """Return the size limit of the bodies of this function."""
        return int(self.ARGUMENTS_PARSER.max_bytes)

    def _prepare_arguments_doc(self, doc: dict[str, Any], doc_info: dict[str, Any], **around: Any) -> dict[str, Any]:
        """Document the arguments without flask-smorest's 422, because ``openapi.operation`` documents all errors.

        The headers of ``openapi.operation`` are added to the parameters of the query, which they would replace.
        """
        doc_info.get("arguments", {}).pop("responses", None)
        documented: dict[str, Any] = super()._prepare_arguments_doc(doc, doc_info, **around)
        headers = doc_info.get("manual_doc", {}).pop("parameters", [])
        parameters = [*documented.get("parameters", []), *headers]
        return documented | ({"parameters": parameters} if parameters else {})


class ContractBlueprint(OpenBlueprint):
    """Routes that need a bearer token and answer conditional GET requests with 304.

    ``authenticate`` runs before any other part of a request is read. GET operations are documented as usable without a
    token if the app's configuration has ``public_if``; ``open_if`` has the configuration by which a function takes
    bodies without a token, and ``limits`` that of the most bytes of a function whose body is a file.
    """

    ARGUMENTS_PARSER = StrictParser()
    authenticates = True

    def __init__(
        self,
        name: str,
        import_name: str,
        *,
        authenticate: Callable[[], None] = authenticate,
        public_if: str = "",
        open_if: Mapping[str, str] = MappingProxyType({}),
        limits: Mapping[str, str] = MappingProxyType({}),
        **about: Any,
    ) -> None:
        super().__init__(name, import_name, **about)
        self._public_if = public_if
        self._open_if = open_if
        self._body_limits = limits
        self._prepare_doc_cbks.append(self._prepare_security_doc)
        self.before_request(authenticate)
        self.after_request(not_modified)

    def needs_token(self, function: str, config: Mapping[str, Any]) -> bool:
        """Return whether the body of a request to this function is read only with a token."""
        return not config.get(self._open_if.get(function, ""))

    def max_body_bytes(self, function: str, config: Mapping[str, Any]) -> int:
        if function in self._body_limits:
            return int(config[self._body_limits[function]])
        return super().max_body_bytes(function, config)

    def _prepare_security_doc(
        self, doc: dict[str, Any], _: dict[str, Any], *, app: Flask, method: str, **around: Any
    ) -> dict[str, Any]:
        public = method == "get" and app.config.get(self._public_if)
        return {"security": _OPTIONAL_TOKEN, **doc} if public else doc
