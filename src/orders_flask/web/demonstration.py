"""Tokens and examples of the demonstration on the documentation page; only where ``orders demo`` serves.

They are given to requests for an address of this machine only: a page of another site whose name was made to point to
this machine sends that name, and gets 404.
"""

import copy
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Blueprint, Flask, Response, abort, current_app, request

from orders_flask.web.idempotency import HEADER

_KEY = "orders.demonstration"
_SCRIPT_TEXT = """
const folder = new URL(".", document.currentScript.src);
config.url = new URL("../openapi-demonstration.json", folder).href;
window.addEventListener("load", async () => {
  const tokens = await (await fetch(new URL("demonstration.json", folder))).json();
  const bar = document.createElement("p");
  const state = document.createElement("span");
  bar.id = "demonstration";
  bar.style = "font: 1rem sans-serif; margin: 0; padding: .75rem 1rem; background: #eef6ee; color: #1b1b1b";
  bar.append("Demonstration: ");
  const signIn = (account) => {
    window.ui.preauthorizeApiKey("bearer", tokens[account]);
    state.textContent = `Requests are sent as ${account}.`;
  };
  for (const account of Object.keys(tokens)) {
    const button = document.createElement("button");
    button.textContent = `Sign in as ${account}`;
    button.style = "font: inherit; margin: 0 .5rem .25rem 0; padding: .25rem .6rem";
    button.onclick = () => signIn(account);
    bar.append(button);
  }
  bar.append(state);
  document.body.prepend(bar);
  const asked = new URLSearchParams(location.search).get("as");
  if (!(asked in tokens)) return;
  const loaded = setInterval(() => {
    if (window.ui.specSelectors.specJson().size === 0) return;
    clearInterval(loaded);
    signIn(asked);
  }, 50);
});
"""


class Examples(Protocol):
    """Bodies and parameters by operationId, and parameters by their name or by the segment of the path before them."""

    @property
    def bodies(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def parameters(self) -> Mapping[str, str | int]: ...

    @property
    def operation_parameters(self) -> Mapping[str, Mapping[str, str]]: ...


def install(
    app: Flask,
    tokens: Callable[[], Mapping[str, str]],
    examples: Callable[[], Examples],
    document: Callable[[], dict[str, Any]],
) -> None:
    """Serve new tokens, by the user id of their account, and the script that offers them on the documentation page.

    The page shows the OpenAPI document with the examples.
    """
    app.extensions[_KEY] = tokens
    blueprint = Blueprint("demonstration", __name__)
    blueprint.get("/docs/demonstration.json")(_tokens)
    blueprint.get("/openapi-demonstration.json", endpoint="document")(
        lambda: _private(with_examples(document(), examples()))
    )
    blueprint.get("/docs/demonstration.js")(lambda: Response(_SCRIPT_TEXT, mimetype="text/javascript"))
    app.register_blueprint(blueprint)


def script() -> str:
    """Return the element that loads the script."""
    return f'<script src="{request.root_path}/docs/demonstration.js"></script>'


def accounts() -> list[str]:
    """The user ids of the accounts whose tokens this app offers: none, unless it is the demonstration."""
    return list(_offered()) if _is_local() else []


def with_examples(document: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    """Return the OpenAPI document with the examples in the place of its own."""
    filled = copy.deepcopy(dict(document))
    for path, item in filled["paths"].items():
        operations = {
            operation["operationId"]: operation for method, operation in item.items() if method != "parameters"
        }
        values = dict(examples.parameters)
        for operation_id in operations:
            values |= examples.operation_parameters.get(operation_id, {})
        _fill(item.get("parameters", ()), path, values)
        for operation_id, operation in operations.items():
            _fill(operation.get("parameters", ()), path, values)
            if body := examples.bodies.get(operation_id):
                operation["requestBody"]["content"]["application/json"]["example"] = body
    return filled


def _fill(parameters: Any, path: str, values: Mapping[str, str | int]) -> None:
    segments = path.split("/")
    for parameter in parameters:
        name = parameter["name"]
        if parameter["in"] == "path":
            before = segments[segments.index(f"{{{name}}}") - 1]
            value = values.get(name, values.get(before))
        elif name == HEADER:
            value = str(uuid4()) if parameter.get("required") else None  # each operation is another request
        else:
            value = values.get(name) if parameter.get("required") else None
        if value is not None:
            parameter["example"] = value


def _offered() -> Mapping[str, str]:
    tokens: Callable[[], Mapping[str, str]] = current_app.extensions.get(_KEY, dict)
    return tokens()


def _tokens() -> Any:
    return _private(_offered())


def _private(content: Mapping[str, Any]) -> Any:
    """Return JSON that no cache stores, or 404 to a request for another machine."""
    if not _is_local():
        abort(404)
    response = current_app.json.response(content)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_local() -> bool:
    host = urlsplit(f"//{request.host}").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
