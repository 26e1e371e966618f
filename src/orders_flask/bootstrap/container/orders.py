"""Use cases of orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from dependency_injector import providers

from orders_adapters.sql.retry import retry_on_contention
from orders_domain import use_cases
from orders_domain.model.analytics import Analytics
from orders_domain.model.history import HistoryEntry
from orders_domain.model.jobs import BulkStatusJob
from orders_domain.model.order import Order
from orders_domain.model.order_filter import Page
from orders_domain.model.order_template import OrderTemplate
from orders_domain.use_cases.orders.export_orders import ExportPage
from orders_flask import bootstrap
from orders_flask.bootstrap.container.components import Components
from orders_flask.observability.instrumentation import instrumented


class OrderUseCases(Components):
    place_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_order)),
        metrics=Components.metrics,
        expire_after=Components.unpaid_expiry,
        limits=Components.content_limits,
        take_stock=Components.takes_stock,
        uow=Components.uow,
        clock=Components.clock,
        new_id=Components.new_id,
        direct=Components.direct_placement,
    )
    get_order: providers.Callable[Order] = providers.Callable(
        instrumented(use_cases.get_order),
        metrics=Components.metrics,
        queries=Components.queries,
        cache=Components.order_cache,
    )
    list_orders: providers.Callable[Page] = providers.Callable(
        instrumented(use_cases.list_orders),
        metrics=Components.metrics,
        queries=Components.queries,
        replica_queries=Components.replica_queries,
    )
    index_orders: providers.Callable[UUID | None] = providers.Callable(
        instrumented(retry_on_contention(use_cases.index_orders)),
        metrics=Components.metrics,
        uow=Components.uow,
    )
    change_status: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.change_status)),
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
    )
    place_catalog_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_catalog_order)),
        metrics=Components.metrics,
        expire_after=Components.unpaid_expiry,
        uow=Components.uow,
        clock=Components.clock,
        new_id=Components.new_id,
        direct=Components.direct_placement,
    )
    place_cart_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_cart_order)),
        metrics=Components.metrics,
        expire_after=Components.unpaid_expiry,
        signature_verifier=Components.cart_signature_verifier,
        policy=Components.cart_policy,
        limits=Components.content_limits,
        take_stock=Components.takes_stock,
        uow=Components.uow,
        clock=Components.clock,
        new_id=Components.new_id,
        direct=Components.direct_placement,
    )
    cancel_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.cancel_order)),
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
    )
    place_shipped_order: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_shipped_order)),
        metrics=Components.metrics,
        expire_after=Components.unpaid_expiry,
        uow=Components.uow,
        clock=Components.clock,
        new_id=Components.new_id,
        direct=Components.direct_placement,
    )
    place_reserved_order: providers.Callable[Order] = providers.Callable(
        retry_on_contention(use_cases.place_reserved_order),
        expire_after=Components.unpaid_expiry,
        uow=Components.uow,
        clock=Components.clock,
    )
    place_order_via_services: providers.Callable[Order] = providers.Callable(
        instrumented(use_cases.place_order_via_services),
        metrics=Components.metrics,
        catalog_service=Components.catalog_service,
        shipment_service=Components.shipment_service,
        uow=Components.uow,
        place_reserved_order=place_reserved_order.provider,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    place_shipped_order_by_settings = providers.Callable(
        bootstrap.choose_place_shipped_order,
        Components.settings,
        locally=place_shipped_order.provider,
        via_services=place_order_via_services.provider,
    )
    release_reservations: providers.Callable[use_cases.ReleaseResult] = providers.Callable(
        use_cases.release_reservations,
        uow=Components.uow,
        catalog_service=Components.catalog_service,
        shipment_service=Components.shipment_service,
        clock=Components.store_clock,
    )
    delete_order: providers.Callable[None] = providers.Callable(
        instrumented(retry_on_contention(use_cases.delete_order)),
        metrics=Components.metrics,
        uow=Components.uow,
        cache=Components.order_cache,
        clock=Components.clock,
    )
    get_order_history: providers.Callable[Sequence[HistoryEntry]] = providers.Callable(
        instrumented(use_cases.get_order_history), metrics=Components.metrics, queries=Components.queries
    )
    get_order_statistics: providers.Callable[use_cases.OrderStatistics] = providers.Callable(
        instrumented(use_cases.get_order_statistics),
        metrics=Components.metrics,
        queries=Components.queries,
        clock=Components.clock,
    )
    get_order_analytics: providers.Callable[Analytics] = providers.Callable(
        instrumented(use_cases.get_order_analytics),
        metrics=Components.metrics,
        analytics=Components.analytics,
        clock=Components.clock,
    )
    add_template: providers.Callable[OrderTemplate] = providers.Callable(
        instrumented(use_cases.add_template),
        metrics=Components.metrics,
        templates=Components.templates,
        clock=Components.clock,
    )
    list_templates: providers.Callable[Sequence[OrderTemplate]] = providers.Callable(
        instrumented(use_cases.list_templates), metrics=Components.metrics, templates=Components.templates
    )
    delete_template: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.delete_template), metrics=Components.metrics, templates=Components.templates
    )
    place_order_from_template: providers.Callable[Order] = providers.Callable(
        instrumented(retry_on_contention(use_cases.place_order_from_template)),
        metrics=Components.metrics,
        expire_after=Components.unpaid_expiry,
        templates=Components.templates,
        uow=Components.uow,
        clock=Components.clock,
        new_id=Components.new_id,
        direct=Components.direct_placement,
    )
    bulk_change_status: providers.Callable[BulkStatusJob] = providers.Callable(
        instrumented(use_cases.bulk_change_status),
        metrics=Components.metrics,
        change_status=change_status.provider,
        jobs=Components.jobs,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    export_orders: providers.Callable[Iterator[ExportPage]] = providers.Callable(
        use_cases.export_orders, queries=Components.replica_queries
    )
