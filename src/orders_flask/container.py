"""Who stands behind what: the only place that names adapters. One line a use case."""

from __future__ import annotations

from collections.abc import Mapping

from dependency_injector import containers, providers

from orders_adapters.sql.contention import retried
from orders_adapters.system import clock as system_clock
from orders_adapters.system.ids import Ids
from orders_domain import use_cases
from orders_domain.order import Order
from orders_domain.product import Product
from orders_domain.queries import Page
from orders_flask import parts
from orders_flask.settings import Settings
from orders_flask.web.metrics import Metrics
from orders_flask.workers.relay import Relay


def _checks(store: parts.Store, cache: parts.CachePart, broker: parts.BrokerPart) -> Mapping[str, parts.Check]:
    return {"database": store.check, "cache": cache.check, "broker": broker.check}


class Container(containers.DeclarativeContainer):
    """Made with ``Container(settings=...)``; parts that are dear are made when first needed, after any fork."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Object(system_clock.now)
    new_id = providers.Singleton(Ids)
    metrics = providers.Singleton(Metrics)
    identity = providers.Singleton(parts.identity, settings)
    store = providers.Singleton(parts.store, settings)
    cache = providers.Singleton(parts.cache, settings, clock=clock)
    broker = providers.Singleton(parts.broker, settings)
    checks = providers.Callable(_checks, store, cache, broker)

    mint: providers.Callable[str] = providers.Callable(parts.mint, settings)

    uow = store.provided.unit_of_work.call()
    queries = store.provided.queries
    catalogue = store.provided.catalogue
    outbox = store.provided.outbox
    kept = cache.provided.cache
    publisher = broker.provided.publisher

    place_order: providers.Callable[Order] = providers.Callable(
        retried(use_cases.place_order), uow=uow, clock=clock, new_id=new_id
    )
    get_order: providers.Callable[Order] = providers.Callable(use_cases.get_order, queries=queries, cache=kept)
    list_orders: providers.Callable[Page] = providers.Callable(use_cases.list_orders, queries=queries)
    change_status: providers.Callable[Order] = providers.Callable(
        retried(use_cases.change_status), uow=uow, cache=kept, clock=clock
    )
    order_products: providers.Callable[Order] = providers.Callable(
        retried(use_cases.order_products), uow=uow, clock=clock, new_id=new_id
    )
    delete_order: providers.Callable[None] = providers.Callable(
        retried(use_cases.delete_order), uow=uow, cache=kept, clock=clock
    )
    add_product: providers.Callable[Product] = providers.Callable(retried(use_cases.add_product), uow=uow, clock=clock)
    change_product: providers.Callable[Product] = providers.Callable(
        retried(use_cases.change_product), uow=uow, clock=clock
    )
    restock: providers.Callable[Product] = providers.Callable(retried(use_cases.restock), uow=uow, clock=clock)
    relay_events: providers.Callable[use_cases.Relayed] = providers.Callable(
        use_cases.relay_events, outbox=outbox, publisher=publisher, cache=kept, clock=clock
    )
    relay = providers.Factory(
        Relay, relay_events=relay_events.provider, wait=store.provided.wait, outbox=outbox, clock=clock
    )
