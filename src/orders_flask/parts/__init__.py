"""The adapters that the settings choose. A technology's library is imported only where it is used."""

from orders_flask.parts.brokers import broker
from orders_flask.parts.caches import cache
from orders_flask.parts.identities import identity, identity_checks, mint
from orders_flask.parts.inlets import notifications, tracking_events
from orders_flask.parts.jobs import job_checks, job_runner
from orders_flask.parts.notifiers import notifier
from orders_flask.parts.services import services, shipping
from orders_flask.parts.shapes import BrokerPart, CachePart, Check, Migrations, NotifierPart, Services, Store
from orders_flask.parts.sign_in import sign_in
from orders_flask.parts.signatures import signatures
from orders_flask.parts.stores import replica_checks, store

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
