"""Use cases of exports and imports as jobs."""

from __future__ import annotations

from dependency_injector import providers

from orders_domain import use_cases
from orders_domain.model.jobs import ExportJob, FileJob, ImportJob
from orders_domain.use_cases.background.run_file_job import FileRenderers, ReadProductsFn
from orders_flask.bootstrap.container.catalog import CatalogUseCases
from orders_flask.bootstrap.container.components import Components
from orders_flask.bootstrap.container.orders import OrderUseCases
from orders_flask.files.job_files import RENDERERS, read_products_in
from orders_flask.observability.instrumentation import instrumented


class FileJobUseCases(OrderUseCases, CatalogUseCases):
    read_products: providers.Callable[ReadProductsFn] = providers.Callable(
        read_products_in, Components.settings.provided.default_currency
    )
    renderers: providers.Object[FileRenderers] = providers.Object(RENDERERS)
    run_file_job: providers.Callable[FileJob] = providers.Callable(
        use_cases.run_file_job,
        jobs=Components.jobs,
        export_orders=OrderUseCases.export_orders.provider,
        upsert_products=CatalogUseCases.upsert_products.provider,
        read_products=read_products,
        renderers=renderers,
        max_bytes=Components.settings.provided.export_max_bytes,
        clock=Components.store_clock,
    )
    start_export: providers.Callable[ExportJob] = providers.Callable(
        instrumented(use_cases.start_export),
        metrics=Components.metrics,
        jobs=Components.jobs,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    start_import: providers.Callable[ImportJob] = providers.Callable(
        instrumented(use_cases.start_import),
        metrics=Components.metrics,
        jobs=Components.jobs,
        read_products=read_products,
        clock=Components.store_clock,
        new_id=Components.new_id,
    )
    get_export: providers.Callable[ExportJob] = providers.Callable(
        instrumented(use_cases.get_export),
        metrics=Components.metrics,
        jobs=Components.jobs,
        clock=Components.store_clock,
    )
    get_import: providers.Callable[ImportJob] = providers.Callable(
        instrumented(use_cases.get_import),
        metrics=Components.metrics,
        jobs=Components.jobs,
        clock=Components.store_clock,
    )
    read_export: providers.Callable[use_cases.WrittenFile] = providers.Callable(
        instrumented(use_cases.read_export),
        metrics=Components.metrics,
        jobs=Components.jobs,
        clock=Components.store_clock,
    )
    read_refused_lines: providers.Callable[use_cases.WrittenFile] = providers.Callable(
        instrumented(use_cases.read_refused_lines),
        metrics=Components.metrics,
        jobs=Components.jobs,
        clock=Components.store_clock,
    )
