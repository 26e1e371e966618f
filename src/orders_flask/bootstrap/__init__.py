"""Composition root: chooses adapters by settings, and imports a technology's library only if it is used.

A name is imported when it is first used, because a command that needs one of them would wait for all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# At once, because an import of the module would bind the name to the module.
from orders_flask.bootstrap.cache import cache
from orders_flask.bootstrap.local_secrets import local_secrets

if TYPE_CHECKING:
    from orders_adapters.private_files import open_private
    from orders_flask.bootstrap.auth import (
        cart_policy,
        identity_provider_checks,
        issue_dev_token,
        refresh_verifier,
        sign_in,
        signatures,
        token_verifier,
    )
    from orders_flask.bootstrap.components import (
        BrokerComponent,
        CacheComponent,
        Check,
        Migrations,
        NotifierComponent,
        PersistenceComponent,
        RemoteServices,
        check_broker,
        describe,
    )
    from orders_flask.bootstrap.demo_accounts import (
        DEMO_ACCOUNTS,
        demo_accounts_warning,
        demo_tokens,
        log_demo_accounts,
    )
    from orders_flask.bootstrap.demo_examples import DemoExamples, make_demo_examples
    from orders_flask.bootstrap.demo_history import PastOrders
    from orders_flask.bootstrap.demo_orders import place_demo_orders
    from orders_flask.bootstrap.jobs import job_checks, job_runner
    from orders_flask.bootstrap.messaging import broker, dead_letters, event_bytes, payment_facts, tracking_events
    from orders_flask.bootstrap.notifications import log_broken_templates, notifier
    from orders_flask.bootstrap.persistence import replica_checks, store
    from orders_flask.bootstrap.remote_services import choose_place_shipped_order, services
    from orders_flask.bootstrap.webhooks import (
        examine_webhooks,
        max_webhook_attempts,
        new_webhook_secret,
        webhook_sender,
    )

__all__ = [
    "DEMO_ACCOUNTS",
    "BrokerComponent",
    "CacheComponent",
    "Check",
    "DemoExamples",
    "Migrations",
    "NotifierComponent",
    "PastOrders",
    "PersistenceComponent",
    "RemoteServices",
    "broker",
    "cache",
    "cart_policy",
    "check_broker",
    "choose_place_shipped_order",
    "dead_letters",
    "demo_accounts_warning",
    "demo_tokens",
    "describe",
    "event_bytes",
    "examine_webhooks",
    "identity_provider_checks",
    "issue_dev_token",
    "job_checks",
    "job_runner",
    "local_secrets",
    "log_broken_templates",
    "log_demo_accounts",
    "make_demo_examples",
    "max_webhook_attempts",
    "new_webhook_secret",
    "notifier",
    "open_private",
    "payment_facts",
    "place_demo_orders",
    "refresh_verifier",
    "replica_checks",
    "services",
    "sign_in",
    "signatures",
    "store",
    "token_verifier",
    "tracking_events",
    "webhook_sender",
]

_NAMES = {
    "orders_adapters.private_files": "open_private",
    "orders_flask.bootstrap.auth": "cart_policy identity_provider_checks issue_dev_token refresh_verifier "
    "sign_in signatures token_verifier",
    "orders_flask.bootstrap.components": "BrokerComponent CacheComponent Check Migrations NotifierComponent "
    "PersistenceComponent RemoteServices check_broker describe",
    "orders_flask.bootstrap.demo_accounts": "DEMO_ACCOUNTS demo_accounts_warning demo_tokens log_demo_accounts",
    "orders_flask.bootstrap.demo_examples": "DemoExamples make_demo_examples",
    "orders_flask.bootstrap.demo_history": "PastOrders",
    "orders_flask.bootstrap.demo_orders": "place_demo_orders",
    "orders_flask.bootstrap.jobs": "job_checks job_runner",
    "orders_flask.bootstrap.messaging": "broker dead_letters event_bytes payment_facts tracking_events",
    "orders_flask.bootstrap.notifications": "log_broken_templates notifier",
    "orders_flask.bootstrap.persistence": "replica_checks store",
    "orders_flask.bootstrap.remote_services": "choose_place_shipped_order services",
    "orders_flask.bootstrap.webhooks": "examine_webhooks max_webhook_attempts new_webhook_secret webhook_sender",
}
"""The names of each module, separated by spaces."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value
