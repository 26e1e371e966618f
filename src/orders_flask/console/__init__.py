"""The operators' console: pages of orders, stock, figures, webhooks and events, also without scripts."""

from __future__ import annotations

from flask import Flask

from orders_flask.console import (
    analytics,
    dead_letters,
    exports,
    health,
    jobs,
    order,
    order_actions,
    orders,
    outbox,
    sign_in,
    stock,
    webhooks,
)
from orders_flask.console.blueprint import ConsoleBlueprint

PREFIX = "/console"


def install(app: Flask) -> None:
    """Serve the console below ``PREFIX``."""
    console = ConsoleBlueprint(
        "console",
        __name__,
        url_prefix=PREFIX,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    pages = (
        sign_in,
        orders,
        jobs,
        exports,
        order,
        order_actions,
        stock,
        analytics,
        webhooks,
        outbox,
        dead_letters,
        health,
    )
    for module in pages:
        module.register(console)
    app.register_blueprint(console)
