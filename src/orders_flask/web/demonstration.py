"""Tokens of the demonstration's accounts on the documentation page; only where ``orders demo`` serves."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app

_KEY = "orders.demonstration"
SCRIPT = '<script src="../docs/demonstration.js"></script>'
_SCRIPT_TEXT = """
window.addEventListener("load", async () => {
  const tokens = await (await fetch("../docs/demonstration.json")).json();
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


def install(app: Flask, tokens: Callable[[], Mapping[str, str]]) -> None:
    """Serve new tokens, by the user id of their account, and the script that offers them on the documentation page."""
    app.extensions[_KEY] = tokens
    blueprint = Blueprint("demonstration", __name__)
    blueprint.get("/docs/demonstration.json")(_tokens)
    blueprint.get("/docs/demonstration.js")(lambda: Response(_SCRIPT_TEXT, mimetype="text/javascript"))
    app.register_blueprint(blueprint)


def accounts() -> list[str]:
    """The user ids of the accounts whose tokens this app offers: none, unless it is the demonstration."""
    return list(_offered())


def _offered() -> Mapping[str, str]:
    tokens: Callable[[], Mapping[str, str]] = current_app.extensions.get(_KEY, dict)
    return tokens()


def _tokens() -> Any:
    response = current_app.json.response(_offered())
    response.headers["Cache-Control"] = "no-store"
    return response
