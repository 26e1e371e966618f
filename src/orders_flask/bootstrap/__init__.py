"""Composition root: chooses adapters by settings, and imports a technology's library only if it is used."""

from orders_adapters.private_files import open_private
from orders_flask.bootstrap.auth import (
    cart_policy,
    identity_provider_checks,
    issue_dev_token,
    sign_in,
    signatures,
    token_verifier,
)
from orders_flask.bootstrap.cache import cache
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
from orders_flask.bootstrap.demo_accounts import DEMO_ACCOUNTS, demo_accounts_warning, demo_tokens, log_demo_accounts
from orders_flask.bootstrap.demo_examples import DemoExamples, demo_examples
from orders_flask.bootstrap.jobs import job_checks, job_runner
from orders_flask.bootstrap.local_secrets import local_secrets
from orders_flask.bootstrap.messaging import broker, tracking_events
from orders_flask.bootstrap.notifications import log_broken_templates, notifier
from orders_flask.bootstrap.persistence import replica_checks, store
from orders_flask.bootstrap.remote_services import choose_place_shipped_order, services

__all__ = [
    "DEMO_ACCOUNTS",
    "BrokerComponent",
    "CacheComponent",
    "Check",
    "DemoExamples",
    "Migrations",
    "NotifierComponent",
    "PersistenceComponent",
    "RemoteServices",
    "broker",
    "cache",
    "cart_policy",
    "check_broker",
    "choose_place_shipped_order",
    "demo_accounts_warning",
    "demo_examples",
    "demo_tokens",
    "describe",
    "identity_provider_checks",
    "issue_dev_token",
    "job_checks",
    "job_runner",
    "local_secrets",
    "log_broken_templates",
    "log_demo_accounts",
    "notifier",
    "open_private",
    "replica_checks",
    "services",
    "sign_in",
    "signatures",
    "store",
    "token_verifier",
    "tracking_events",
]
