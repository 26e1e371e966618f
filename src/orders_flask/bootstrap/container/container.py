"""Dependency injection container: every use case with its ports, and those that routes call."""

from __future__ import annotations

from dependency_injector import providers

from orders_domain.model.product import generate_sku
from orders_domain.use_cases.background.run_job import AnswerRequestFn
from orders_flask import bootstrap
from orders_flask.bootstrap.container.accounts import AccountUseCases
from orders_flask.bootstrap.container.background import BackgroundUseCases
from orders_flask.bootstrap.container.catalog import CatalogUseCases
from orders_flask.bootstrap.container.components import Components
from orders_flask.bootstrap.container.life import LifeUseCases
from orders_flask.bootstrap.container.orders import OrderUseCases
from orders_flask.bootstrap.container.webhooks import WebhookUseCases
from orders_flask.observability.metrics import Metrics
from orders_flask.use_cases import UseCases


def _measure_components(
    metrics: Metrics, cache: bootstrap.CacheComponent, store: bootstrap.PersistenceComponent
) -> None:
    metrics.parts(circuit_open=cache.circuit_open(), connections_in_use=store.connections_in_use())


class Container(AccountUseCases, BackgroundUseCases, LifeUseCases, WebhookUseCases):
    """Use as ``Container(settings=...)``."""

    web_use_cases = providers.Singleton(
        UseCases,
        authenticate=AccountUseCases.authenticate.provider,
        sign_in=AccountUseCases.sign_in.provider,
        refresh_token=AccountUseCases.refresh_token.provider,
        limit_requests=AccountUseCases.limit_requests.provider,
        sign_out=AccountUseCases.sign_out.provider,
        export_personal_data=AccountUseCases.export_personal_data.provider,
        personal_data_document=AccountUseCases.personal_data_document.provider,
        erase_personal_data=AccountUseCases.erase_personal_data.provider,
        get_account=AccountUseCases.get_account.provider,
        change_language=AccountUseCases.change_language.provider,
        place_order=OrderUseCases.place_order.provider,
        place_catalog_order=OrderUseCases.place_catalog_order.provider,
        place_cart_order=OrderUseCases.place_cart_order.provider,
        place_order_from_template=OrderUseCases.place_order_from_template.provider,
        get_order=OrderUseCases.get_order.provider,
        get_order_at=LifeUseCases.get_order_at.provider,
        place_shop_order=LifeUseCases.place_shop_order.provider,
        confirm_order=LifeUseCases.confirm_order.provider,
        cancel_units=LifeUseCases.cancel_units.provider,
        hold_order=LifeUseCases.hold_order.provider,
        release_order=LifeUseCases.release_order.provider,
        annotate_order=LifeUseCases.annotate_order.provider,
        record_payment=LifeUseCases.record_payment.provider,
        request_refund=LifeUseCases.request_refund.provider,
        retry_refund=LifeUseCases.retry_refund.provider,
        ship_units=LifeUseCases.ship_units.provider,
        record_shipment_event=LifeUseCases.record_shipment_event.provider,
        authorize_return=LifeUseCases.authorize_return.provider,
        receive_return=LifeUseCases.receive_return.provider,
        refuse_return=LifeUseCases.refuse_return.provider,
        hold_stock=LifeUseCases.hold_stock.provider,
        get_stock_hold=LifeUseCases.get_stock_hold.provider,
        list_stock_holds=LifeUseCases.list_stock_holds.provider,
        end_stock_hold=LifeUseCases.end_stock_hold.provider,
        list_orders=OrderUseCases.list_orders.provider,
        change_status=OrderUseCases.change_status.provider,
        cancel_order=OrderUseCases.cancel_order.provider,
        delete_order=OrderUseCases.delete_order.provider,
        bulk_change_status=OrderUseCases.bulk_change_status.provider,
        defer_placement=BackgroundUseCases.defer_placement.provider,
        get_placement=BackgroundUseCases.get_placement.provider,
        get_job=BackgroundUseCases.get_job.provider,
        start_export=BackgroundUseCases.start_export.provider,
        start_import=BackgroundUseCases.start_import.provider,
        get_export=BackgroundUseCases.get_export.provider,
        get_import=BackgroundUseCases.get_import.provider,
        read_export=BackgroundUseCases.read_export.provider,
        read_refused_lines=BackgroundUseCases.read_refused_lines.provider,
        read_events=BackgroundUseCases.read_events.provider,
        list_outbox=BackgroundUseCases.list_outbox.provider,
        resend_events=BackgroundUseCases.resend_events.provider,
        list_dead_letters=BackgroundUseCases.list_dead_letters.provider,
        resend_dead_letters=BackgroundUseCases.resend_dead_letters.provider,
        add_webhook=WebhookUseCases.add_webhook.provider,
        list_webhooks=WebhookUseCases.list_webhooks.provider,
        get_webhook=WebhookUseCases.get_webhook.provider,
        enable_webhook=WebhookUseCases.enable_webhook.provider,
        disable_webhook=WebhookUseCases.disable_webhook.provider,
        remove_webhook=WebhookUseCases.remove_webhook.provider,
        rotate_webhook_secret=WebhookUseCases.rotate_webhook_secret.provider,
        list_webhook_deliveries=WebhookUseCases.list_webhook_deliveries.provider,
        redeliver_webhook=WebhookUseCases.redeliver_webhook.provider,
        send_test_webhook=WebhookUseCases.send_test_webhook.provider,
        get_order_history=OrderUseCases.get_order_history.provider,
        get_order_statistics=OrderUseCases.get_order_statistics.provider,
        get_order_analytics=OrderUseCases.get_order_analytics.provider,
        add_template=OrderUseCases.add_template.provider,
        list_templates=OrderUseCases.list_templates.provider,
        delete_template=OrderUseCases.delete_template.provider,
        add_product=CatalogUseCases.add_product.provider,
        update_product=CatalogUseCases.update_product.provider,
        restock_product=CatalogUseCases.restock_product.provider,
        get_product=CatalogUseCases.get_product.provider,
        list_products=CatalogUseCases.list_products.provider,
        list_stock_movements=CatalogUseCases.list_stock_movements.provider,
        get_product_history=CatalogUseCases.get_product_history.provider,
        get_stock_health=CatalogUseCases.get_stock_health.provider,
        place_shipped_order=OrderUseCases.place_shipped_order_by_settings,
        default_currency=Components.settings.provided.default_currency,
        async_order_lines=Components.settings.provided.async_order_lines,
        request_limit=Components.settings.provided.request_limit,
        products_public=Components.settings.provided.products_are_public,
        carts_need_no_token=Components.settings.provided.carts_need_no_token,
        integer_user_ids=Components.settings.provided.integer_user_ids,
        event_bytes=providers.Callable(bootstrap.event_bytes, Components.settings).provider,
        new_sku=providers.Callable(generate_sku, Components.new_id).provider,
        prefetch_order=Components.order_cache.provided.prefetch,
        check_components=Components.checks.provider,
        measure_components=providers.Callable(
            _measure_components, Components.metrics, Components.cache, Components.store
        ).provider,
        metrics=Components.metrics,
    )


def answer_requests_with(container: Container, answer: AnswerRequestFn) -> None:
    """Have the jobs of this container answer deferred requests with the application that owns it."""
    container.answer_request.override(providers.Object(answer))


def close(container: Container) -> None:
    """Close all connections; the container can be used again and reconnects."""
    for component in (container.auth(), container.store(), container.cache(), container.broker()):
        component.close()
