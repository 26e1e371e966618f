"""The adapters that the settings choose. A technology's library is imported only where it is used."""

from orders_flask.bootstrap.auth import identity, identity_checks, mint
from orders_flask.bootstrap.cache import cache
from orders_flask.bootstrap.cart_signatures import signatures
from orders_flask.bootstrap.components import BrokerPart, CachePart, Check, Migrations, NotifierPart, Services, Store
from orders_flask.bootstrap.jobs import job_checks, job_runner
from orders_flask.bootstrap.message_consumers import notifications, tracking_events
from orders_flask.bootstrap.messaging import broker
from orders_flask.bootstrap.notifiers import notifier
from orders_flask.bootstrap.persistence import replica_checks, store
from orders_flask.bootstrap.remote_services import services, shipping
from orders_flask.bootstrap.sign_in import sign_in

__all__ = [
    "BrokerPart",
    "CachePart",
    "Check",
    "Migrations",
    "NotifierPart",
    "Services",
    "Store",
    "broker",
    "cache",
    "identity",
    "identity_checks",
    "job_checks",
    "job_runner",
    "mint",
    "notifications",
    "notifier",
    "replica_checks",
    "services",
    "shipping",
    "sign_in",
    "signatures",
    "store",
    "tracking_events",
]
