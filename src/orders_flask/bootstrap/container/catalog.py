"""Use cases of the product catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dependency_injector import providers

from orders_adapters.sql.retry import retry_on_contention
from orders_domain import use_cases
from orders_domain.model.product import Product
from orders_domain.model.product_audit import MovementPage, ProductHistoryPage
from orders_domain.model.product_filter import ProductPage
from orders_domain.use_cases.catalog.import_products import ImportResult
from orders_domain.use_cases.catalog.upsert_products import UpsertOutcome
from orders_flask.bootstrap.container.components import Components
from orders_flask.observability.instrumentation import instrumented


class CatalogUseCases(Components):
    add_product: providers.Callable[Product] = providers.Callable(
        instrumented(retry_on_contention(use_cases.add_product)),
        metrics=Components.metrics,
        uow=Components.uow,
        clock=Components.clock,
    )
    update_product: providers.Callable[Product] = providers.Callable(
        instrumented(retry_on_contention(use_cases.update_product)),
        metrics=Components.metrics,
        uow=Components.uow,
        clock=Components.clock,
    )
    restock_product: providers.Callable[Product] = providers.Callable(
        instrumented(retry_on_contention(use_cases.restock_product)),
        metrics=Components.metrics,
        uow=Components.uow,
        clock=Components.clock,
    )
    get_product: providers.Callable[Product] = providers.Callable(
        use_cases.get_product, product_catalog=Components.product_catalog
    )
    list_products: providers.Callable[ProductPage] = providers.Callable(
        use_cases.list_products, product_catalog=Components.product_catalog
    )
    list_stock_movements: providers.Callable[MovementPage] = providers.Callable(
        instrumented(use_cases.list_stock_movements),
        metrics=Components.metrics,
        product_catalog=Components.product_catalog,
    )
    get_product_history: providers.Callable[ProductHistoryPage] = providers.Callable(
        instrumented(use_cases.get_product_history),
        metrics=Components.metrics,
        product_catalog=Components.product_catalog,
    )
    get_stock_health: providers.Callable[use_cases.StockHealthReport] = providers.Callable(
        instrumented(use_cases.get_stock_health),
        metrics=Components.metrics,
        product_catalog=Components.product_catalog,
        clock=Components.clock,
    )
    upsert_products: providers.Callable[Mapping[str, UpsertOutcome]] = providers.Callable(
        instrumented(retry_on_contention(use_cases.upsert_products)),
        metrics=Components.metrics,
        uow=Components.uow,
        clock=Components.clock,
    )
    import_products: providers.Callable[Iterator[ImportResult]] = providers.Callable(
        use_cases.import_products, upsert_products=upsert_products.provider
    )
