"""What can be done for people: one function a file, a frozen request, then ports by keyword."""

from orders_domain.use_cases.accounts.authenticate import identify
from orders_domain.use_cases.accounts.manage_users import (
    ChangePassword,
    CreateUser,
    DisableUser,
    EnableUser,
    ListUsers,
    change_password,
    create_user,
    disable_user,
    enable_user,
    list_users,
)
from orders_domain.use_cases.accounts.refresh_token import RefreshToken, refresh_token
from orders_domain.use_cases.accounts.sign_in import SignIn, sign_in
from orders_domain.use_cases.accounts.sign_out import SignOut, sign_out
from orders_domain.use_cases.background.get_job import GetJob, get_job
from orders_domain.use_cases.background.notify_user import Notified, NotifyUser, notify_user
from orders_domain.use_cases.background.purge_expired_data import Pruned, prune
from orders_domain.use_cases.background.relay_events import Relayed, relay_events
from orders_domain.use_cases.background.release_reservations import Released, release_bookings
from orders_domain.use_cases.background.run_job import RunJob, run_job
from orders_domain.use_cases.background.track_shipment import Tracked, TrackShipment, track_shipment
from orders_domain.use_cases.catalog.get_stock_health import CheckStock, StockCheck, check_stock
from orders_domain.use_cases.catalog.import_products import Imported, ImportProducts, Row, import_products
from orders_domain.use_cases.catalog.manage_products import (
    AddProduct,
    ChangeProduct,
    Restock,
    add_product,
    change_product,
    restock,
)
from orders_domain.use_cases.catalog.upsert_products import Put, PutProducts, Stated, put_products
from orders_domain.use_cases.orders.bulk_change_status import ChangeStatuses, change_statuses
from orders_domain.use_cases.orders.cancel_order import CancelOrder, cancel_order
from orders_domain.use_cases.orders.change_status import ChangeStatus, change_status
from orders_domain.use_cases.orders.delete_order import DeleteOrder, delete_order
from orders_domain.use_cases.orders.export_orders import ExportOrders, export_orders
from orders_domain.use_cases.orders.get_order import GetOrder, get_order
from orders_domain.use_cases.orders.get_order_analytics import AnalyseOrders, analyse_orders
from orders_domain.use_cases.orders.get_order_history import OrderHistory, order_history
from orders_domain.use_cases.orders.get_order_statistics import OrderStatistics, Statistics, order_statistics
from orders_domain.use_cases.orders.list_orders import ListOrders, list_orders
from orders_domain.use_cases.orders.manage_templates import (
    AddTemplate,
    ListTemplates,
    RemoveTemplate,
    add_template,
    list_templates,
    remove_template,
)
from orders_domain.use_cases.orders.place_cart_order import PlaceCart, place_cart
from orders_domain.use_cases.orders.place_catalog_order import OrderProducts, order_products
from orders_domain.use_cases.orders.place_order import PlaceOrder, place_order
from orders_domain.use_cases.orders.place_order_from_template import PlaceTemplate, place_template
from orders_domain.use_cases.orders.place_order_via_services import ship_through_services
from orders_domain.use_cases.orders.place_reserved_order import PlaceBooked, place_booked
from orders_domain.use_cases.orders.place_shipped_order import ShipProducts, ship_products

__all__ = [
    "AddProduct",
    "AddTemplate",
    "AnalyseOrders",
    "CancelOrder",
    "ChangePassword",
    "ChangeProduct",
    "ChangeStatus",
    "ChangeStatuses",
    "CheckStock",
    "CreateUser",
    "DeleteOrder",
    "DisableUser",
    "EnableUser",
    "ExportOrders",
    "GetJob",
    "GetOrder",
    "ImportProducts",
    "Imported",
    "ListOrders",
    "ListTemplates",
    "ListUsers",
    "Notified",
    "NotifyUser",
    "OrderHistory",
    "OrderProducts",
    "OrderStatistics",
    "PlaceBooked",
    "PlaceCart",
    "PlaceOrder",
    "PlaceTemplate",
    "Pruned",
    "Put",
    "PutProducts",
    "RefreshToken",
    "Relayed",
    "Released",
    "RemoveTemplate",
    "Restock",
    "Row",
    "RunJob",
    "ShipProducts",
    "SignIn",
    "SignOut",
    "Stated",
    "Statistics",
    "StockCheck",
    "TrackShipment",
    "Tracked",
    "add_product",
    "add_template",
    "analyse_orders",
    "cancel_order",
    "change_password",
    "change_product",
    "change_status",
    "change_statuses",
    "check_stock",
    "create_user",
    "delete_order",
    "disable_user",
    "enable_user",
    "export_orders",
    "get_job",
    "get_order",
    "identify",
    "import_products",
    "list_orders",
    "list_templates",
    "list_users",
    "notify_user",
    "order_history",
    "order_products",
    "order_statistics",
    "place_booked",
    "place_cart",
    "place_order",
    "place_template",
    "prune",
    "put_products",
    "refresh_token",
    "relay_events",
    "release_bookings",
    "remove_template",
    "restock",
    "run_job",
    "ship_products",
    "ship_through_services",
    "sign_in",
    "sign_out",
    "track_shipment",
]
