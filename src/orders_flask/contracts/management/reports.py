"""Routes of reports: statistics, history, stock health and analytics."""

from datetime import UTC
from typing import Any

from orders_domain.model.access import ADMIN_ONLY, OWNER_OR_ADMIN
from orders_domain.model.analytics import Bucket
from orders_domain.model.order_ref import parse_order_ref
from orders_domain.use_cases import GetOrderAnalytics, GetOrderHistory, GetOrderStatistics, GetStockHealth
from orders_flask.contracts.management import reports_schemas as schemas
from orders_flask.contracts.management.reports_translate import (
    analytics_representation,
    entry_representation,
    statistics_representation,
    stock_filter_from,
    stock_representation,
)
from orders_flask.contracts.management.routes import _document
from orders_flask.web.authentication import requires
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.fields import NoQuery


def register(routes: ContractBlueprint) -> None:
    """Add the routes to the orders' blueprint."""

    @routes.get("/<ref:ref>/statistics")
    @routes.response(200, schemas.OrderStatistics)
    @routes.doc(
        **_document(
            401,
            403,
            404,
            503,
            use_case="get_order_statistics",
            summary="Get the statistics of an order",
            description="The number of items, the age of the order, and its changes of status.",
        )
    )
    def statistics(ref: str) -> Any:
        request = GetOrderStatistics(actor=actor(), order_id=parse_order_ref(ref), access=OWNER_OR_ADMIN)
        return statistics_representation(use_cases().get_order_statistics(request))

    @routes.get("/<ref:ref>/history")
    @routes.arguments(NoQuery, location="query")
    @routes.response(200, schemas.HistoryEntry(many=True))
    @routes.doc(
        **_document(
            400,
            401,
            403,
            404,
            503,
            use_case="get_order_history",
            summary="List all changes of an order, also of a deleted one",
            description="Each entry has its time, its actor and the change.",
        )
    )
    def history(_: dict[str, Any], ref: str) -> Any:
        request = GetOrderHistory(actor=actor(), order_id=parse_order_ref(ref), access=OWNER_OR_ADMIN)
        return [entry_representation(entry) for entry in use_cases().get_order_history(request)]

    @routes.get("/health/stock-check")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.StockQuery, location="query")
    @routes.response(200, schemas.StockCheck)
    @routes.doc(
        **_document(
            400,
            401,
            403,
            503,
            use_case="get_stock_health",
            summary="Get the stock health (administrators)",
            description="The products whose stock is at or below their threshold, and all products by their stock.",
        )
    )
    def stock_check(query: dict[str, Any]) -> Any:
        request = GetStockHealth(actor=actor(), stock_filter=stock_filter_from(query), with_ranges=True)
        return stock_representation(use_cases().get_stock_health(request), query)

    _add_analytics(routes)


def _add_analytics(routes: ContractBlueprint) -> None:
    @routes.get("/analytics")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.AnalyticsQuery, location="query")
    @routes.response(200, schemas.AnalyticsResponse)
    @routes.doc(
        **_document(
            400,
            401,
            403,
            503,
            use_case="get_order_analytics",
            summary="Get analytics of a period (administrators)",
            description="Counts and revenue by day, week or month of a time zone, in one currency, and products sold.",
        )
    )
    def analytics(query: dict[str, Any]) -> Any:
        zone = query.get("tz", UTC)
        request = GetOrderAnalytics(
            actor=actor(),
            currency=query.get("currency") or use_cases().default_currency,
            zone=zone,
            since=query["start_date"].in_zone(zone).start if "start_date" in query else None,
            before=query["end_date"].in_zone(zone).end if "end_date" in query else None,
            bucket=Bucket(query["bucket"]),
        )
        return analytics_representation(use_cases().get_order_analytics(request))
