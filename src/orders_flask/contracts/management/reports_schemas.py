"""Schemas of reports: statistics, history, stock health and analytics."""

from typing import Any

from marshmallow import Schema, fields, validate

from orders_domain.model.accounts.actor import Role
from orders_domain.model.analytics import DEFAULT_PERIOD_DAYS, MAX_BUCKETS, MAX_PRODUCTS, Bucket
from orders_domain.model.history import KINDS
from orders_domain.use_cases.catalog.get_stock_health import StockHealth
from orders_flask.contracts.management.reports_translate import STOCK_CATEGORIES
from orders_flask.contracts.management.schemas import MAX_STOCK
from orders_flask.contracts.management.translate import VOCABULARY
from orders_flask.web.fields import Amount, DateOrDateTime, QueryInteger, Timestamp, TimeZone, currency, status

_MOMENT = {"type": "string", "format": "date-time"}
_AMOUNT = {"type": "number"}
_OF_USER = {"description": "Of the order's user, in the order's currency, without cancelled sales; null for a guest."}


class OrderStatistics(Schema):
    """Statistics of one order."""

    order_id = fields.Integer(required=True)
    item_count = fields.Integer(required=True)
    total_quantity = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null if the items have no integer quantities."}
    )
    total_amount = Amount(required=True, metadata=_AMOUNT)
    average_unit_price = fields.Float(
        required=True, allow_none=True, metadata={"description": "total_amount divided by total_quantity, rounded."}
    )
    status = status(VOCABULARY, required=True)
    age_seconds = fields.Integer(required=True)
    seconds_in_status = fields.Integer(required=True)
    status_changes = fields.Integer(required=True)
    order_count = fields.Integer(required=True, allow_none=True, metadata=_OF_USER)
    total_sales = fields.Float(required=True, allow_none=True, metadata=_OF_USER)
    average_order_value = fields.Float(required=True, allow_none=True, metadata=_OF_USER)


class HistoryEntry(Schema):
    """One change of an order."""

    at = Timestamp(required=True, metadata=_MOMENT)
    actor = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf([role.value for role in Role]))
    request_id = fields.String(required=True, allow_none=True, metadata={"description": "The request's X-Request-ID."})
    event = fields.String(required=True, validate=validate.OneOf(KINDS))
    from_status = status(VOCABULARY, required=True, allow_none=True)
    to_status = status(VOCABULARY, required=True)
    details = fields.Dict(required=True, metadata={"description": "For `placed`: the order as it was placed."})


class LowProduct(Schema):
    """A product at or below its threshold."""

    product_id = fields.Integer(required=True)
    name = fields.String(required=True)
    stock_quantity = fields.Integer(required=True)


class StockQuery(Schema):
    """Query: the products to check, by conditions combined with AND."""

    category = fields.String(
        validate=validate.OneOf(STOCK_CATEGORIES),
        metadata={
            "description": "Only products with a stock of 1 or more (available), 1 to 10 (low), 0 (out_of_stock), "
            "1 to 5 (critical), 51 or more (high) or 11 to 50 (medium)."
        },
    )
    min_stock = QueryInteger(
        validate=validate.Range(0, MAX_STOCK), metadata={"description": "Only products with at least this stock."}
    )
    max_stock = QueryInteger(
        validate=validate.Range(0, MAX_STOCK), metadata={"description": "Only products with at most this stock."}
    )


class StockedProduct(Schema):
    """A product, and the value of its stock."""

    product_id = fields.Integer(required=True)
    name = fields.String(required=True)
    stock_quantity = fields.Integer(required=True)
    price = Amount(required=True, metadata=_AMOUNT)
    stock_value = fields.Float(required=True, metadata=_AMOUNT | {"description": "The price times the stock."})


def _products(description: str) -> fields.List[Any]:
    return fields.List(
        fields.Nested(StockedProduct), required=True, metadata={"description": f"{description}; at most 1,000."}
    )


class StockNumbers(Schema):
    """Numbers of products; a category other than low or out_of_stock counts none for these."""

    total_products = fields.Integer(required=True, metadata={"description": "Of the catalog, whatever the filters."})
    products_with_stock = fields.Integer(required=True)
    products_low_stock = fields.Integer(required=True)
    products_out_of_stock = fields.Integer(required=True)
    stock_health_percentage = fields.Float(
        required=True, metadata={"description": "100 times products_with_stock, divided by total_products."}
    )


class StockCategories(Schema):
    """The products by category; with ``category`` the lists of the other categories are empty."""

    available_stock = _products("1 unit or more")
    low_stock = _products("1 to 10 units")
    out_of_stock = _products("No unit")


class StockDistribution(Schema):
    """The products by their stock."""

    high_stock = _products("51 units or more")
    medium_stock = _products("11 to 50 units")
    critical_stock = _products("1 to 5 units")


class StockAlerts(Schema):
    """Numbers of products that may have to be restocked."""

    low_stock_alerts = fields.Integer(required=True)
    out_of_stock_alerts = fields.Integer(required=True)
    critical_stock_alerts = fields.Integer(required=True)


class StockSummary(Schema):
    """Numbers and lists of products by their stock, as the second document of source 002 has them."""

    summary = fields.Nested(StockNumbers, required=True)
    stock_categories = fields.Nested(StockCategories, required=True)
    stock_distribution = fields.Nested(StockDistribution, required=True)
    alerts = fields.Nested(StockAlerts, required=True)
    timestamp = Timestamp(required=True, metadata=_MOMENT)


class StockFilters(Schema):
    """The parameters of the query, null if they were not given."""

    category = fields.String(required=True, allow_none=True)
    min_stock = fields.Integer(required=True, allow_none=True)
    max_stock = fields.Integer(required=True, allow_none=True)


class StockCheck(Schema):
    """Stock health: critical if a product is out of stock, a warning if a product is low."""

    status = fields.String(required=True, validate=validate.OneOf([health.value for health in StockHealth]))
    total_products = fields.Integer(required=True)
    out_of_stock = fields.Integer(required=True)
    low_stock = fields.List(
        fields.Nested(LowProduct),
        required=True,
        metadata={"description": "Sorted by stock, lowest first; at most 1,000."},
    )
    checked_at = Timestamp(required=True, metadata=_MOMENT)
    timestamp = Timestamp(required=True, metadata=_MOMENT | {"description": "The same as checked_at."})
    message = fields.String(required=True)
    stock_summary = fields.Nested(StockSummary, required=True)
    filters_applied = fields.Nested(StockFilters, required=True)


class AnalyticsQuery(Schema):
    """Query: a period and the size of its buckets."""

    start_date = DateOrDateTime(
        description=f"An ISO 8601 date or datetime, UTC if it has no offset; by default {DEFAULT_PERIOD_DAYS} days ago."
    )
    end_date = DateOrDateTime(description="An ISO 8601 date (inclusive) or datetime; by default today.")
    tz = TimeZone()
    currency = currency(
        withdrawn=True,
        description="The currency of the orders; sums never mix currencies. By default the service's.",
        example=None,
    )
    bucket = fields.String(
        load_default=Bucket.DAY.value,
        validate=validate.OneOf([bucket.value for bucket in Bucket]),
        metadata={"description": f"The period has at most {MAX_BUCKETS} buckets; weeks begin on Monday."},
    )


class Point(Schema):
    """Orders and revenue of one bucket."""

    start = fields.Date(required=True)
    orders = fields.Integer(required=True)
    revenue = fields.Float(required=True)


class SoldProduct(Schema):
    """Ordered quantity and revenue of a product."""

    product_id = fields.Integer(required=True)
    name = fields.String(required=True)
    quantity = fields.Integer(required=True)
    revenue = fields.Float(required=True)


class AnalyticsResponse(Schema):
    """Analytics of the orders in one currency; deleted orders are excluded, cancelled ones have no revenue."""

    currency = fields.String(required=True)
    orders = fields.Integer(required=True)
    revenue = fields.Float(required=True)
    average_order_value = fields.Float(required=True)
    by_status = fields.Dict(keys=status(VOCABULARY), values=fields.Integer(), required=True)
    series = fields.List(fields.Nested(Point), required=True)
    top_products = fields.List(
        fields.Nested(SoldProduct), required=True, metadata={"description": f"At most {MAX_PRODUCTS}, by revenue."}
    )
