"""Names of the use cases and their requests, by the module that has them.

They are imported when they are first used, because a program pays 0.4 ms for each class of a request.
"""

_NAMES = {
    "accounts.authenticate": "authenticate",
    "accounts.limit_requests": "LimitRequests limit_requests",
    "accounts.manage_users": "ChangeLanguage ChangePassword CreateUser DisableUser EnableUser EndSessions GetAccount "
    "ListUsers change_language change_password create_user disable_user enable_user end_sessions get_account "
    "list_users",
    "accounts.personal_data": "ErasePersonalData ErasureStep ExportPersonalData "
    "erase_personal_data export_personal_data",
    "accounts.refresh_token": "RefreshToken refresh_token",
    "accounts.sign_in": "SignIn sign_in",
    "accounts.sign_out": "SignOut sign_out",
    "background.check_consistency": "CheckConsistency ConsistencyStep check_consistency",
    "background.defer_placement": "DeferPlacement GetPlacement defer_placement get_placement",
    "background.expire_orders": "ExpiryResult expire_orders",
    "background.expire_stock_holds": "expire_stock_holds",
    "background.finish_restore": "FinishRestore finish_restore",
    "background.get_job": "GetJob get_job",
    "background.manage_alerts": "AddAlertRecipient ListAlertRecipients RemoveAlertRecipient add_alert_recipient "
    "list_alert_recipients remove_alert_recipient",
    "background.purge_expired_data": "PurgeResult purge_expired_data",
    "background.queue_notifications": "queue_notifications",
    "background.receive_payment": "PaymentOutcome ReceivePayment receive_payment",
    "background.relay_events": "RelayResult relay_events",
    "background.run_file_job": "RunFileJob run_file_job",
    "background.run_job": "RunJob run_job",
    "background.send_notification": "NotificationResult SendNotification send_notification",
    "background.start_file_job": "GetFileJob StartExport StartImport WrittenFile get_export get_import read_export "
    "read_refused_lines start_export start_import",
    "background.track_shipment": "TrackingOutcome TrackShipment track_shipment",
    "catalog.audit_products": "GetProductHistory ListStockMovements get_product_history list_stock_movements",
    "catalog.get_product": "GetProduct get_product",
    "catalog.get_stock_health": "GetStockHealth StockHealthReport get_stock_health",
    "catalog.import_products": "ImportProducts ImportResult ImportRow import_products",
    "catalog.list_products": "ListProducts list_products",
    "catalog.manage_products": "AddProduct RestockProduct UpdateProduct add_product restock_product update_product",
    "catalog.upsert_products": "ProductUpsert UpsertOutcome UpsertProducts upsert_products",
    "events.inspect_dead_letters": "ListDeadLetters ResendDeadLetters list_dead_letters resend_dead_letters",
    "events.inspect_outbox": "ListOutbox OutboxEvents ResendEvents ResentEvents list_outbox resend_events",
    "events.read_events": "EventPage ReadEvents read_events",
    "events.replay_events": "ReplayEvents ReplayStep replay_events",
    "life.change_order": "AnnotateOrder CancelUnits ConfirmOrder HoldOrder ReleaseOrder "
    "annotate_order cancel_units confirm_order hold_order release_order",
    "life.get_order_at": "GetOrderAt get_order_at",
    "life.hold_stock": "EndStockHold GetStockHold HoldStock ListStockHolds "
    "end_stock_hold get_stock_hold hold_stock list_stock_holds",
    "life.pay_order": "RecordPayment RequestRefund RetryRefund record_payment request_refund retry_refund",
    "life.place_shop_order": "PlaceShopOrder place_shop_order",
    "life.return_units": "AuthorizeReturn ReceiveReturn RefuseReturn authorize_return receive_return refuse_return",
    "life.ship_order": "RecordShipmentEvent ShipUnits record_shipment_event ship_units",
    "orders.bulk_change_status": "BulkChangeStatus bulk_change_status",
    "orders.cancel_order": "CancelOrder cancel_order",
    "orders.change_status": "ChangeStatus change_status",
    "orders.delete_order": "DeleteOrder delete_order",
    "orders.export_orders": "ExportOrders export_orders",
    "orders.get_order": "GetOrder get_order",
    "orders.get_order_analytics": "GetOrderAnalytics get_order_analytics",
    "orders.get_order_history": "GetOrderHistory get_order_history",
    "orders.get_order_statistics": "GetOrderStatistics OrderStatistics get_order_statistics",
    "orders.index_orders": "IndexOrders index_orders",
    "orders.list_orders": "ListOrders list_orders",
    "orders.manage_templates": "AddTemplate DeleteTemplate ListTemplates add_template delete_template list_templates",
    "orders.place_cart_order": "CartPolicy PlaceCartOrder place_cart_order",
    "orders.place_catalog_order": "PlaceCatalogOrder place_catalog_order",
    "orders.place_order": "PlaceOrder place_order",
    "orders.place_order_from_template": "PlaceOrderFromTemplate place_order_from_template",
    "orders.place_order_via_services": "place_order_via_services",
    "orders.place_reserved_order": "PlaceReservedOrder place_reserved_order",
    "orders.place_shipped_order": "PlaceShippedOrder place_shipped_order",
    "orders.release_reservations": "ReleaseResult release_reservations",
}
"""The names of each module, separated by spaces."""

MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
"""The module of each name."""
