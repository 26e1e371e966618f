"""Use cases, imported when first used: functions that take a frozen request and, by keyword, the ports."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orders_domain.use_cases._modules import MODULES

if TYPE_CHECKING:
    from orders_domain.use_cases.accounts.authenticate import authenticate
    from orders_domain.use_cases.accounts.limit_requests import LimitRequests, limit_requests
    from orders_domain.use_cases.accounts.manage_users import (
        ChangeLanguage,
        ChangePassword,
        CreateUser,
        DisableUser,
        EnableUser,
        EndSessions,
        GetAccount,
        ListUsers,
        change_language,
        change_password,
        create_user,
        disable_user,
        enable_user,
        end_sessions,
        get_account,
        list_users,
    )
    from orders_domain.use_cases.accounts.personal_data import (
        ErasePersonalData,
        ErasureStep,
        ExportPersonalData,
        erase_personal_data,
        export_personal_data,
    )
    from orders_domain.use_cases.accounts.refresh_token import RefreshToken, refresh_token
    from orders_domain.use_cases.accounts.sign_in import SignIn, sign_in
    from orders_domain.use_cases.accounts.sign_out import SignOut, sign_out
    from orders_domain.use_cases.background.check_consistency import (
        CheckConsistency,
        ConsistencyStep,
        check_consistency,
    )
    from orders_domain.use_cases.background.defer_placement import (
        DeferPlacement,
        GetPlacement,
        defer_placement,
        get_placement,
    )
    from orders_domain.use_cases.background.expire_orders import ExpiryResult, expire_orders
    from orders_domain.use_cases.background.expire_stock_holds import expire_stock_holds
    from orders_domain.use_cases.background.finish_restore import FinishRestore, finish_restore
    from orders_domain.use_cases.background.get_job import GetJob, get_job
    from orders_domain.use_cases.background.manage_alerts import (
        AddAlertRecipient,
        ListAlertRecipients,
        RemoveAlertRecipient,
        add_alert_recipient,
        list_alert_recipients,
        remove_alert_recipient,
    )
    from orders_domain.use_cases.background.purge_expired_data import PurgeResult, purge_expired_data
    from orders_domain.use_cases.background.queue_notifications import queue_notifications
    from orders_domain.use_cases.background.receive_payment import PaymentOutcome, ReceivePayment, receive_payment
    from orders_domain.use_cases.background.relay_events import RelayResult, relay_events
    from orders_domain.use_cases.background.run_file_job import RunFileJob, run_file_job
    from orders_domain.use_cases.background.run_job import RunJob, run_job
    from orders_domain.use_cases.background.send_notification import (
        NotificationResult,
        SendNotification,
        send_notification,
    )
    from orders_domain.use_cases.background.start_file_job import (
        GetFileJob,
        StartExport,
        StartImport,
        WrittenFile,
        get_export,
        get_import,
        read_export,
        read_refused_lines,
        start_export,
        start_import,
    )
    from orders_domain.use_cases.background.track_shipment import TrackingOutcome, TrackShipment, track_shipment
    from orders_domain.use_cases.catalog.audit_products import (
        GetProductHistory,
        ListStockMovements,
        get_product_history,
        list_stock_movements,
    )
    from orders_domain.use_cases.catalog.get_product import GetProduct, get_product
    from orders_domain.use_cases.catalog.get_stock_health import GetStockHealth, StockHealthReport, get_stock_health
    from orders_domain.use_cases.catalog.import_products import ImportProducts, ImportResult, ImportRow, import_products
    from orders_domain.use_cases.catalog.list_products import ListProducts, list_products
    from orders_domain.use_cases.catalog.manage_products import (
        AddProduct,
        RestockProduct,
        UpdateProduct,
        add_product,
        restock_product,
        update_product,
    )
    from orders_domain.use_cases.catalog.upsert_products import (
        ProductUpsert,
        UpsertOutcome,
        UpsertProducts,
        upsert_products,
    )
    from orders_domain.use_cases.events.inspect_dead_letters import (
        ListDeadLetters,
        ResendDeadLetters,
        list_dead_letters,
        resend_dead_letters,
    )
    from orders_domain.use_cases.events.inspect_outbox import (
        ListOutbox,
        OutboxEvents,
        ResendEvents,
        ResentEvents,
        list_outbox,
        resend_events,
    )
    from orders_domain.use_cases.events.read_events import EventPage, ReadEvents, read_events
    from orders_domain.use_cases.events.replay_events import ReplayEvents, ReplayStep, replay_events
    from orders_domain.use_cases.life.change_order import (
        AnnotateOrder,
        CancelUnits,
        ConfirmOrder,
        HoldOrder,
        ReleaseOrder,
        annotate_order,
        cancel_units,
        confirm_order,
        hold_order,
        release_order,
    )
    from orders_domain.use_cases.life.get_order_at import GetOrderAt, get_order_at
    from orders_domain.use_cases.life.hold_stock import (
        EndStockHold,
        GetStockHold,
        HoldStock,
        ListStockHolds,
        end_stock_hold,
        get_stock_hold,
        hold_stock,
        list_stock_holds,
    )
    from orders_domain.use_cases.life.pay_order import (
        RecordPayment,
        RequestRefund,
        RetryRefund,
        record_payment,
        request_refund,
        retry_refund,
    )
    from orders_domain.use_cases.life.place_shop_order import PlaceShopOrder, place_shop_order
    from orders_domain.use_cases.life.return_units import (
        AuthorizeReturn,
        ReceiveReturn,
        RefuseReturn,
        authorize_return,
        receive_return,
        refuse_return,
    )
    from orders_domain.use_cases.life.ship_order import (
        RecordShipmentEvent,
        ShipUnits,
        record_shipment_event,
        ship_units,
    )
    from orders_domain.use_cases.orders.bulk_change_status import BulkChangeStatus, bulk_change_status
    from orders_domain.use_cases.orders.cancel_order import CancelOrder, cancel_order
    from orders_domain.use_cases.orders.change_status import ChangeStatus, change_status
    from orders_domain.use_cases.orders.delete_order import DeleteOrder, delete_order
    from orders_domain.use_cases.orders.export_orders import ExportOrders, export_orders
    from orders_domain.use_cases.orders.get_order import GetOrder, get_order
    from orders_domain.use_cases.orders.get_order_analytics import GetOrderAnalytics, get_order_analytics
    from orders_domain.use_cases.orders.get_order_history import GetOrderHistory, get_order_history
    from orders_domain.use_cases.orders.get_order_statistics import (
        GetOrderStatistics,
        OrderStatistics,
        get_order_statistics,
    )
    from orders_domain.use_cases.orders.index_orders import IndexOrders, index_orders
    from orders_domain.use_cases.orders.list_orders import ListOrders, list_orders
    from orders_domain.use_cases.orders.manage_templates import (
        AddTemplate,
        DeleteTemplate,
        ListTemplates,
        add_template,
        delete_template,
        list_templates,
    )
    from orders_domain.use_cases.orders.place_cart_order import CartPolicy, PlaceCartOrder, place_cart_order
    from orders_domain.use_cases.orders.place_catalog_order import PlaceCatalogOrder, place_catalog_order
    from orders_domain.use_cases.orders.place_order import PlaceOrder, place_order
    from orders_domain.use_cases.orders.place_order_from_template import (
        PlaceOrderFromTemplate,
        place_order_from_template,
    )
    from orders_domain.use_cases.orders.place_order_via_services import place_order_via_services
    from orders_domain.use_cases.orders.place_reserved_order import PlaceReservedOrder, place_reserved_order
    from orders_domain.use_cases.orders.place_shipped_order import PlaceShippedOrder, place_shipped_order
    from orders_domain.use_cases.orders.release_reservations import ReleaseResult, release_reservations

__all__ = [
    "AddAlertRecipient", "AddProduct", "AddTemplate", "AnnotateOrder", "AuthorizeReturn", "BulkChangeStatus",
    "CancelOrder", "CancelUnits", "CartPolicy", "ChangeLanguage", "ChangePassword", "ChangeStatus", "CheckConsistency",
    "ConfirmOrder", "ConsistencyStep", "CreateUser", "DeferPlacement", "DeleteOrder", "DeleteTemplate", "DisableUser",
    "EnableUser", "EndSessions", "EndStockHold", "ErasePersonalData", "ErasureStep", "EventPage", "ExpiryResult",
    "ExportOrders", "ExportPersonalData", "FinishRestore", "GetAccount", "GetFileJob", "GetJob", "GetOrder",
    "GetOrderAnalytics", "GetOrderAt", "GetOrderHistory", "GetOrderStatistics", "GetPlacement", "GetProduct",
    "GetProductHistory", "GetStockHealth", "GetStockHold", "HoldOrder", "HoldStock", "ImportProducts", "ImportResult",
    "ImportRow", "IndexOrders", "LimitRequests", "ListAlertRecipients", "ListDeadLetters", "ListOrders", "ListOutbox",
    "ListProducts", "ListStockHolds", "ListStockMovements", "ListTemplates", "ListUsers", "NotificationResult",
    "OrderStatistics", "OutboxEvents", "PaymentOutcome", "PlaceCartOrder", "PlaceCatalogOrder", "PlaceOrder",
    "PlaceOrderFromTemplate", "PlaceReservedOrder", "PlaceShippedOrder", "PlaceShopOrder", "ProductUpsert",
    "PurgeResult", "ReadEvents", "ReceivePayment", "ReceiveReturn", "RecordPayment", "RecordShipmentEvent",
    "RefreshToken", "RefuseReturn", "RelayResult", "ReleaseOrder", "ReleaseResult", "RemoveAlertRecipient",
    "ReplayEvents", "ReplayStep", "RequestRefund", "ResendDeadLetters", "ResendEvents", "ResentEvents",
    "RestockProduct", "RetryRefund", "RunFileJob", "RunJob", "SendNotification", "ShipUnits", "SignIn", "SignOut",
    "StartExport", "StartImport", "StockHealthReport", "TrackShipment", "TrackingOutcome", "UpdateProduct",
    "UpsertOutcome", "UpsertProducts", "WrittenFile", "add_alert_recipient", "add_product", "add_template",
    "annotate_order", "authenticate", "authorize_return", "bulk_change_status", "cancel_order", "cancel_units",
    "change_language", "change_password", "change_status", "check_consistency", "confirm_order", "create_user",
    "defer_placement", "delete_order", "delete_template", "disable_user", "enable_user", "end_sessions",
    "end_stock_hold", "erase_personal_data", "expire_orders", "expire_stock_holds", "export_orders",
    "export_personal_data", "finish_restore", "get_account", "get_export", "get_import", "get_job", "get_order",
    "get_order_analytics", "get_order_at", "get_order_history", "get_order_statistics", "get_placement", "get_product",
    "get_product_history", "get_stock_health", "get_stock_hold", "hold_order", "hold_stock", "import_products",
    "index_orders", "limit_requests", "list_alert_recipients", "list_dead_letters", "list_orders", "list_outbox",
    "list_products", "list_stock_holds", "list_stock_movements", "list_templates", "list_users", "place_cart_order",
    "place_catalog_order", "place_order", "place_order_from_template", "place_order_via_services",
    "place_reserved_order", "place_shipped_order", "place_shop_order", "purge_expired_data", "queue_notifications",
    "read_events", "read_export", "read_refused_lines", "receive_payment", "receive_return", "record_payment",
    "record_shipment_event", "refresh_token", "refuse_return", "relay_events", "release_order", "release_reservations",
    "remove_alert_recipient", "replay_events", "request_refund", "resend_dead_letters", "resend_events",
    "restock_product", "retry_refund", "run_file_job", "run_job", "send_notification", "ship_units", "sign_in",
    "sign_out", "start_export", "start_import", "track_shipment", "update_product", "upsert_products",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
    globals()[name] = value  # so that the next use is as fast as that of any global
    return value
