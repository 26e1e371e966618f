"""Decision about each column: whether an erasure keeps it. A test compares the table with the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Rows(Enum):
    """The effect of an erasure on the rows of a person."""

    UNCHANGED = "unchanged"
    REWRITTEN = "rewritten"  # the erased columns are null, or have a fixed word, or JSON without personal data
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The columns that an erasure retains and erases, separated by spaces, and the reason for the former."""

    rows: Rows
    exported: bool = False
    retained: str = ""
    erased: str = ""
    because: str


_SHIPPING = (
    "shipping_address_line1 shipping_address_line2 shipping_city shipping_state shipping_postal_code shipping_country"
)

TABLES: Mapping[str, Decision] = {
    "orders": Decision(
        rows=Rows.REWRITTEN,
        exported=True,
        erased=f"user_id items cart cancellation_reason {_SHIPPING} contact charges life",
        retained="id number lines total_minor currency status version created_at updated_at deleted_at shipment_id "
        "cart_snapshot_id origin source reference payment_status fulfillment_status is_held expires_at captured_minor "
        "refunded_minor refunding_minor",
        because="amounts, quantities, products and statuses are the books; ids are those of other systems",
    ),
    "order_history": Decision(
        rows=Rows.REWRITTEN,
        exported=True,
        erased="actor request_id traceparent details",
        retained="order_id version kind at role from_status to_status position",
        because="each change remains, and the history still gives the order",
    ),
    "order_tags": Decision(rows=Rows.DELETED, exported=True, erased="tag order_id", because="any text may be a tag"),
    "order_words": Decision(
        rows=Rows.REWRITTEN,
        erased="words",
        retained="order_id",
        because="the words of what is left: the number, the reference and the skus",
    ),
    "order_items": Decision(
        rows=Rows.UNCHANGED,
        retained="order_id position product_id quantity unit_price_minor subtotal_minor placed_at",
        because="products of the catalog, for the books and the analytics",
    ),
    "order_lines": Decision(
        rows=Rows.UNCHANGED,
        retained="order_id number quantity shipped cancelled returned awaited",
        because="counters",
    ),
    "payment_facts": Decision(
        rows=Rows.UNCHANGED,
        exported=True,
        retained="provider reference order_id kind amount_minor recorded_at",
        because="the books; the reference finds the payment at its provider, who erases by its own rules",
    ),
    "payment_sums": Decision(
        rows=Rows.UNCHANGED,
        retained="order_id provider authorizes authorized_minor captured_minor",
        because="the books",
    ),
    "shipments": Decision(
        rows=Rows.REWRITTEN,
        exported=True,
        erased="content",
        retained="id order_id",
        because="units, carriers and states, as in the history of the order",
    ),
    "shipment_events": Decision(
        rows=Rows.UNCHANGED, retained="shipment_id event_id", because="an event of a carrier is recorded once by its id"
    ),
    "order_returns": Decision(rows=Rows.UNCHANGED, retained="id order_id", because="ids"),
    "order_templates": Decision(
        rows=Rows.DELETED, exported=True, erased="id user_id name requested_items address created_at", because="-"
    ),
    "users": Decision(
        rows=Rows.DELETED,
        exported=True,
        erased="id created_at email password_hash role scopes disabled_at is_demo language",
        because="an order that is placed meanwhile keeps the row, without the account",
    ),
    "revoked_tokens": Decision(
        rows=Rows.UNCHANGED,
        retained="token_hash expires_at valid_from",
        because="hashes; without them tokens would be valid",
    ),
    "idempotency_keys": Decision(
        rows=Rows.DELETED,
        exported=True,
        erased="subject scope key fingerprint order_id at version",
        because="keys of others remain for 24 hours, and a repetition shows the erased order",
    ),
    "inbox": Decision(
        rows=Rows.UNCHANGED,
        retained="scope message_id at",
        because="ids of messages, and hashes of the keys of restocks, for 90 days",
    ),
    "outbox": Decision(
        rows=Rows.REWRITTEN,
        erased="data traceparent last_error notifies",
        retained="id event_id order_id version type at shard state attempts due_at",
        because="events that wait are sent without personal data; those that were sent are deleted",
    ),
    "notifications": Decision(
        rows=Rows.DELETED,
        erased="id kind channel data occurred_at order_id address language state attempts due_at last_error",
        because="-",
    ),
    "alert_recipients": Decision(rows=Rows.DELETED, exported=True, erased="alert address language", because="-"),
    "jobs": Decision(
        rows=Rows.DELETED,
        exported=True,
        erased="id kind actor role scopes request_id traceparent order_ids target_status equivalent_statuses reason "
        "request request_body answer answer_body key_scope client_key fingerprint status processed failures attempts "
        "created_at leased_until file_options file_progress",
        because="a bulk change of an administrator that runs is finished first; exports of everybody are deleted",
    ),
    "job_chunks": Decision(
        rows=Rows.DELETED,
        erased="job_id part start content",
        because="the files of exports may have the orders of the person; start an export again after an erasure",
    ),
    "reservations": Decision(
        rows=Rows.REWRITTEN,
        exported=True,
        erased="user_id shipping_address key_subject key_scope key",
        retained="order_id quantities shipment_id state created_at due_at number",
        because="what the external services hold",
    ),
    "stock_holds": Decision(
        rows=Rows.REWRITTEN,
        exported=True,
        erased="user_id key_subject key_scope key fingerprint",
        retained="id created_at expires_at ended_at",
        because="the ledger of the stock refers to them",
    ),
    "stock_hold_lines": Decision(
        rows=Rows.UNCHANGED, retained="hold_id product_id quantity returned", because="counters"
    ),
    "stock_movements": Decision(
        rows=Rows.REWRITTEN,
        erased="actor",
        retained="id product_id order_id kind quantity at version hold_id",
        because="the ledger of the stock; other actors are the staff",
    ),
    "products": Decision(
        rows=Rows.UNCHANGED,
        retained="id sku name price_minor currency stock_quantity low_stock_threshold created_at low_stock external "
        "description version search_words",
        because="the catalog is about no person",
    ),
    "product_history": Decision(
        rows=Rows.UNCHANGED,
        retained="product_id version kind at actor role request_id changes",
        because="it says which of the staff changed a product",
    ),
    "webhook_messages": Decision(
        rows=Rows.REWRITTEN,
        erased="body",
        retained="id type order_id version created_at",
        because="deliveries that are made later have no personal data; those that were made cannot be called back",
    ),
    "webhook_deliveries": Decision(
        rows=Rows.UNCHANGED,
        retained="id endpoint_id message_id order_id version state created_at due_at tries attempts",
        because="the log of requests, without their content",
    ),
    "webhook_endpoints": Decision(
        rows=Rows.UNCHANGED,
        retained="id url types ordered secret former_secret former_until state disabled_reason created_at starts_after "
        "failing_since last_failed_at",
        because="receivers of the shop",
    ),
    "webhook_positions": Decision(rows=Rows.UNCHANGED, retained="id cursor read_at since", because="about no person"),
    "store_identity": Decision(rows=Rows.UNCHANGED, retained="id identity numbers_after", because="about no person"),
}
