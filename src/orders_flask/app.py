"""Flask application factory."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import orjson
from flask import Flask
from flask.json.provider import JSONProvider
from flask_smorest import Blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from orders_flask import bootstrap, console
from orders_flask.bootstrap.container import Container, answer_requests_with
from orders_flask.contracts import CONTRACTS
from orders_flask.observability import structured_logging
from orders_flask.settings import InvalidSetting, Settings, load
from orders_flask.web import (
    context,
    cors,
    demonstration,
    error_handlers,
    health,
    openapi,
    rate_limiting,
    request_logging,
    url_converters,
)
from orders_flask.web.background import deferred_requests, long_polls
from orders_flask.web.contract import Contract
from orders_flask.web.json_parser import MAX_BODY_BYTES
from orders_flask.web.proxies import root_path

_KEY = "orders"


def create_app(settings: Settings | None = None, *, container: Container | None = None) -> Flask:
    """Return a new app; by default its settings are read from the environment. Apps in one process are independent.

    Raises:
        InvalidSetting: a setting is invalid.
    """
    settings = settings or load()
    structured_logging.configure(level=settings.log_level, form=settings.log_format)
    app = Flask("orders_flask", static_folder=None)
    app.json = Json(app)
    app.config["PRODUCTS_PUBLIC"] = settings.products_are_public
    app.config["CARTS_NEED_NO_TOKEN"] = settings.carts_need_no_token
    app.config["IMPORT_MAX_BYTES"] = settings.import_max_bytes
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1  # one more, to detect excess in chunked bodies
    app.wsgi_app = root_path.around_wsgi(app.wsgi_app, trusts_proxy=settings.trusted_proxies > 0)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies)  # type: ignore[method-assign]
    if settings.allowed_origins:
        policy = cors.Cors(origins=settings.allowed_origins)
        app.wsgi_app = cors.around_wsgi(app.wsgi_app, policy)  # type: ignore[method-assign]
    url_converters.install(app)
    services = app.extensions[_KEY] = container or Container(settings=settings)
    context.init_app(app, services.web_use_cases)
    answer_requests_with(services, partial(deferred_requests.answer, app))
    _make_components(services)
    if settings.uses_default_database and container is None:
        _migrate(services)
    request_logging.install(app)
    rate_limiting.install(app)
    long_polls.install(app, threads=settings.threads)
    app.register_blueprint(health.blueprint)
    error_handlers.install(app, _mount(app, settings))
    if settings.console == "on":
        console.install(app)
    if settings.offers_demo_tokens:
        demonstration.install(
            app,
            partial(bootstrap.demo_tokens, settings),
            examples=partial(bootstrap.make_demo_examples, settings, services.web_use_cases()),
            document=partial(openapi.served_document, app),
        )
    url_converters.add_slash_aliases(app)
    return app


def container_of(app: Flask) -> Container:
    """Return the container of an app that `create_app` returned."""
    return cast(Container, app.extensions[_KEY])


def _make_components(container: Container) -> None:
    """Build the components without connecting, so that an invalid setting fails at startup."""
    for component in (
        container.store,
        container.cache,
        container.broker,
        container.token_verifier,
        container.auth,
        container.remote_services,
        container.job_runner,
        container.notifier,
    ):
        component()


def _migrate(container: Container) -> None:
    """Upgrade the default SQLite database, because it has no operator who would."""
    if migrations := container.store().migrations:
        migrations.upgrade("head")


def _mount(app: Flask, settings: Settings) -> dict[str, Contract]:
    api = openapi.install(app, integer_user_ids=settings.integer_user_ids)
    mounted: dict[str, Contract] = {}
    for name, prefixes in settings.mounts.items():
        if name not in CONTRACTS:
            raise InvalidSetting(
                f"ORDERS_MOUNTS has {name!r}; a contract must be one of: {', '.join(sorted(CONTRACTS))}."
            )
        for position, prefix in enumerate(prefixes):
            contract = CONTRACTS[name]()
            suffix = f"-{position + 1}" if position else ""
            for blueprint, url in _url_prefixes(contract, prefix, first=not position):
                if url in mounted:
                    raise InvalidSetting(f"ORDERS_MOUNTS gives {url} to both {mounted[url].name} and {name}.")
                api.register_blueprint(blueprint, url_prefix=url, name=blueprint.name + suffix)
                mounted[url] = contract
    _ensure_disjoint(mounted)
    return mounted


def _url_prefixes(contract: Contract, prefix: str, *, first: bool) -> list[tuple[Blueprint, str]]:
    """Return blueprints and prefixes: orders at the prefix, siblings beside it (/api/v1/orders, /api/v1/products).

    Absolute mounts are included for the first prefix only.
    """
    parent = prefix.rpartition("/")[0]
    return [
        (contract.blueprint, prefix),
        *((beside, f"{parent}/{name}") for name, beside in contract.siblings.items()),
        *((blueprint, path) for path, blueprint in contract.absolute_mounts.items() if first),
    ]


def _ensure_disjoint(mounted: dict[str, Contract]) -> None:
    """Reject a prefix below an absolute mount, because their routes would overlap."""
    for owner in mounted.values():
        for path in owner.absolute_mounts:
            for prefix, other in mounted.items():
                if prefix.startswith(f"{path}/"):
                    raise InvalidSetting(f"ORDERS_MOUNTS gives {prefix} to {other.name}, but {path} is {owner.name}'s.")


class Json(JSONProvider):
    """JSON by orjson."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj, option=orjson.OPT_NON_STR_KEYS).decode()  # messages of items have integer keys

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        return self._app.response_class(
            self.dumps(self._prepare_response_obj(args, kwargs)), mimetype="application/json"
        )
