"""Use cases: functions that take a frozen request and, by keyword, the ports."""

from orders_domain.use_cases.accounts.authenticate import authenticate
from orders_domain.use_cases.accounts.limit_requests import LimitRequests, limit_requests
from orders_domain.use_cases.accounts.manage_users import (
    ChangePassword,
    CreateUser,
    DisableUser,
    EnableUser,
    EndSessions,
    ListUsers,
    change_password,
    create_user,
    disable_user,
    enable_user,
    end_sessions,
    list_users,
)
from orders_domain.use_cases.accounts.refresh_token import RefreshToken, refresh_token
from orders_domain.use_cases.accounts.sign_in import SignIn, sign_in
from orders_domain.use_cases.accounts.sign_out import SignOut, sign_out
from orders_domain.use_cases.background.finish_restore import FinishRestore, finish_restore
from orders_domain.use_cases.background.get_job import GetJob, get_job
from orders_domain.use_cases.background.notify_user import NotificationOutcome, NotifyUser, notify_user
from orders_domain.use_cases.background.purge_expired_data import PurgeResult, purge_expired_data
from orders_domain.use_cases.background.relay_events import RelayResult, relay_events
from orders_domain.use_cases.background.run_job import RunJob, run_job
from orders_domain.use_cases.background.track_shipment import TrackingOutcome, TrackShipment, track_shipment
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
from orders_domain.use_cases.orders.place_order_from_template import PlaceOrderFromTemplate, place_order_from_template
from orders_domain.use_cases.orders.place_order_via_services import place_order_via_services
from orders_domain.use_cases.orders.place_reserved_order import PlaceReservedOrder, place_reserved_order
from orders_domain.use_cases.orders.place_shipped_order import PlaceShippedOrder, place_shipped_order
from orders_domain.use_cases.orders.release_reservations import ReleaseResult, release_reservations

__all__ = [
    "AddProduct",
    "AddTemplate",
    "BulkChangeStatus",
    "CancelOrder",
    "CartPolicy",
    "ChangePassword",
    "ChangeStatus",
    "CreateUser",
    "DeleteOrder",
    "DeleteTemplate",
    "DisableUser",
    "EnableUser",
    "EndSessions",
    "ExportOrders",
    "FinishRestore",
    "GetJob",
    "GetOrder",
    "GetOrderAnalytics",
    "GetOrderHistory",
    "GetOrderStatistics",
    "GetProduct",
    "GetStockHealth",
    "ImportProducts",
    "ImportResult",
    "ImportRow",
    "LimitRequests",
    "ListOrders",
    "ListProducts",
    "ListTemplates",
    "ListUsers",
    "NotificationOutcome",
    "NotifyUser",
    "OrderStatistics",
    "PlaceCartOrder",
    "PlaceCatalogOrder",
    "PlaceOrder",
    "PlaceOrderFromTemplate",
    "PlaceReservedOrder",
    "PlaceShippedOrder",
    "ProductUpsert",
    "PurgeResult",
    "RefreshToken",
    "RelayResult",
    "ReleaseResult",
    "RestockProduct",
    "RunJob",
    "SignIn",
    "SignOut",
    "StockHealthReport",
    "TrackShipment",
    "TrackingOutcome",
    "UpdateProduct",
    "UpsertOutcome",
    "UpsertProducts",
    "add_product",
    "add_template",
    "authenticate",
    "bulk_change_status",
    "cancel_order",
    "change_password",
    "change_status",
    "create_user",
    "delete_order",
    "delete_template",
    "disable_user",
    "enable_user",
    "end_sessions",
    "export_orders",
    "finish_restore",
    "get_job",
    "get_order",
    "get_order_analytics",
    "get_order_history",
    "get_order_statistics",
    "get_product",
    "get_stock_health",
    "import_products",
    "limit_requests",
    "list_orders",
    "list_products",
    "list_templates",
    "list_users",
    "notify_user",
    "place_cart_order",
    "place_catalog_order",
    "place_order",
    "place_order_from_template",
    "place_order_via_services",
    "place_reserved_order",
    "place_shipped_order",
    "purge_expired_data",
    "refresh_token",
    "relay_events",
    "release_reservations",
    "restock_product",
    "run_job",
    "sign_in",
    "sign_out",
    "track_shipment",
    "update_product",
    "upsert_products",
]
