"""Use cases and services that routes call, each bound to its ports by the container."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from orders_domain import use_cases
from orders_domain.model.accounts.auth_token import AuthenticatedToken, SessionTokens
from orders_domain.model.accounts.user import User
from orders_domain.model.analytics import Analytics
from orders_domain.model.events import Event
from orders_domain.model.history import HistoryEntry
from orders_domain.model.jobs import BulkStatusJob, ExportJob, ImportJob, PlacementJob
from orders_domain.model.life.stock_hold import StockHold, StockHoldPage
from orders_domain.model.order import Order
from orders_domain.model.order_filter import Page
from orders_domain.model.order_template import OrderTemplate
from orders_domain.model.product import Product
from orders_domain.model.product_audit import MovementPage, ProductHistoryPage
from orders_domain.model.product_filter import ProductPage
from orders_domain.model.webhooks.delivery import DeliveryPage
from orders_domain.model.webhooks.endpoint import WebhookEndpoint
from orders_domain.ports.accounts.rate_limiter import RateLimit
from orders_domain.ports.events.dead_letters import DeadLetterPage
from orders_domain.use_cases import webhooks
from orders_domain.use_cases.accounts.personal_data import Exported
from orders_flask.observability.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """The only interface between the web layer and the container: a route sees no port and no adapter."""

    authenticate: Callable[[str], AuthenticatedToken]
    sign_in: Callable[[use_cases.SignIn], SessionTokens]
    refresh_token: Callable[[use_cases.RefreshToken], SessionTokens]
    limit_requests: Callable[[use_cases.LimitRequests], None]
    sign_out: Callable[[use_cases.SignOut], None]
    get_account: Callable[[use_cases.GetAccount], User]
    change_language: Callable[[use_cases.ChangeLanguage], User]

    export_personal_data: Callable[[use_cases.ExportPersonalData], Iterator[Exported]]
    personal_data_document: Callable[[Iterator[Exported]], Iterator[bytes]]
    """Return the pieces of the JSON document of an export."""
    erase_personal_data: Callable[[use_cases.ErasePersonalData], Iterator[use_cases.ErasureStep]]

    place_order: Callable[[use_cases.PlaceOrder], Order]
    place_catalog_order: Callable[[use_cases.PlaceCatalogOrder], Order]
    place_cart_order: Callable[[use_cases.PlaceCartOrder], Order]
    place_shipped_order: Callable[[use_cases.PlaceShippedOrder], Order]
    place_order_from_template: Callable[[use_cases.PlaceOrderFromTemplate], Order]
    get_order: Callable[[use_cases.GetOrder], Order]
    get_order_at: Callable[[use_cases.GetOrderAt], Order]
    place_shop_order: Callable[[use_cases.PlaceShopOrder], Order]
    confirm_order: Callable[[use_cases.ConfirmOrder], Order]
    cancel_units: Callable[[use_cases.CancelUnits], Order]
    hold_order: Callable[[use_cases.HoldOrder], Order]
    release_order: Callable[[use_cases.ReleaseOrder], Order]
    annotate_order: Callable[[use_cases.AnnotateOrder], Order]
    record_payment: Callable[[use_cases.RecordPayment], Order]
    request_refund: Callable[[use_cases.RequestRefund], Order]
    retry_refund: Callable[[use_cases.RetryRefund], Order]
    ship_units: Callable[[use_cases.ShipUnits], Order]
    record_shipment_event: Callable[[use_cases.RecordShipmentEvent], Order]
    authorize_return: Callable[[use_cases.AuthorizeReturn], Order]
    receive_return: Callable[[use_cases.ReceiveReturn], Order]
    refuse_return: Callable[[use_cases.RefuseReturn], Order]
    hold_stock: Callable[[use_cases.HoldStock], StockHold]
    get_stock_hold: Callable[[use_cases.GetStockHold], StockHold]
    list_stock_holds: Callable[[use_cases.ListStockHolds], StockHoldPage]
    end_stock_hold: Callable[[use_cases.EndStockHold], None]
    list_orders: Callable[[use_cases.ListOrders], Page]
    change_status: Callable[[use_cases.ChangeStatus], Order]
    cancel_order: Callable[[use_cases.CancelOrder], Order]
    delete_order: Callable[[use_cases.DeleteOrder], None]
    bulk_change_status: Callable[[use_cases.BulkChangeStatus], BulkStatusJob]
    defer_placement: Callable[[use_cases.DeferPlacement], PlacementJob]
    get_placement: Callable[[use_cases.GetPlacement], PlacementJob]
    get_job: Callable[[use_cases.GetJob], BulkStatusJob]
    start_export: Callable[[use_cases.StartExport], ExportJob]
    start_import: Callable[[use_cases.StartImport], ImportJob]
    get_export: Callable[[use_cases.GetFileJob], ExportJob]
    get_import: Callable[[use_cases.GetFileJob], ImportJob]
    read_export: Callable[[use_cases.GetFileJob], use_cases.WrittenFile]
    read_refused_lines: Callable[[use_cases.GetFileJob], use_cases.WrittenFile]
    read_events: Callable[[use_cases.ReadEvents], use_cases.EventPage]
    list_outbox: Callable[[use_cases.ListOutbox], use_cases.OutboxEvents]
    resend_events: Callable[[use_cases.ResendEvents], use_cases.ResentEvents]
    list_dead_letters: Callable[[use_cases.ListDeadLetters], DeadLetterPage]
    resend_dead_letters: Callable[[use_cases.ResendDeadLetters], int]
    add_webhook: Callable[[webhooks.AddWebhook], WebhookEndpoint]
    list_webhooks: Callable[[webhooks.ListWebhooks], Sequence[WebhookEndpoint]]
    get_webhook: Callable[[webhooks.GetWebhook], WebhookEndpoint]
    enable_webhook: Callable[[webhooks.EnableWebhook], WebhookEndpoint]
    disable_webhook: Callable[[webhooks.DisableWebhook], WebhookEndpoint]
    remove_webhook: Callable[[webhooks.RemoveWebhook], None]
    rotate_webhook_secret: Callable[[webhooks.RotateWebhookSecret], WebhookEndpoint]
    list_webhook_deliveries: Callable[[webhooks.ListWebhookDeliveries], DeliveryPage]
    redeliver_webhook: Callable[[webhooks.RedeliverWebhook], int]
    send_test_webhook: Callable[[webhooks.SendTestWebhook], webhooks.ClaimedDelivery]
    get_order_history: Callable[[use_cases.GetOrderHistory], Sequence[HistoryEntry]]
    get_order_statistics: Callable[[use_cases.GetOrderStatistics], use_cases.OrderStatistics]
    get_order_analytics: Callable[[use_cases.GetOrderAnalytics], Analytics]
    add_template: Callable[[use_cases.AddTemplate], OrderTemplate]
    list_templates: Callable[[use_cases.ListTemplates], Sequence[OrderTemplate]]
    delete_template: Callable[[use_cases.DeleteTemplate], None]

    add_product: Callable[[use_cases.AddProduct], Product]
    update_product: Callable[[use_cases.UpdateProduct], Product]
    restock_product: Callable[[use_cases.RestockProduct], Product]
    get_product: Callable[[use_cases.GetProduct], Product]
    list_products: Callable[[use_cases.ListProducts], ProductPage]
    list_stock_movements: Callable[[use_cases.ListStockMovements], MovementPage]
    get_product_history: Callable[[use_cases.GetProductHistory], ProductHistoryPage]
    get_stock_health: Callable[[use_cases.GetStockHealth], use_cases.StockHealthReport]

    default_currency: str
    async_order_lines: Mapping[str, int]
    """The most lines of an order that a contract places within its request; a contract without a limit places all."""
    request_limit: RateLimit | None
    products_public: bool
    """Whether products can be read without a token."""
    carts_need_no_token: bool
    """Whether a signed cart can be ordered without a token."""
    integer_user_ids: bool
    """Whether ids of users that are whole numbers are shown as numbers."""
    new_sku: Callable[[], str]
    event_bytes: Callable[[Event], bytes]
    """Return the message of an event, as the broker gets it."""
    prefetch_order: Callable[[UUID | None], None]
    """Make the next read of the cache fetch this order in the round trip of another command; None for no order."""
    check_components: Callable[[], Mapping[str, Callable[[], str | None]]]
    """Return the health check of each component by name; a check returns None or the reason for its failure."""
    measure_components: Callable[[], None]
    """Set the gauges of the cache's circuit breaker and of the database connections in use."""
    metrics: Metrics
