"""Deadlines of orders and retries of webhooks, moved in the database, because a short run would not reach them."""

import psycopg

from tests.torture.servers import Servers

_TEXT = """to_jsonb(to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))"""
_ORDER = f"""UPDATE orders SET expires_at = now(), life = jsonb_set(life::jsonb, '{{expires_at}}', {_TEXT})::json
    WHERE id = %s AND expires_at IS NOT NULL"""
_PLACING = f"""UPDATE order_history SET details = jsonb_set(details::jsonb, '{{life,expires_at}}', {_TEXT})::json
    WHERE order_id = %s AND version = 1"""


def make_due(servers: Servers, order: str) -> bool:
    """Set the time at which an unpaid order expires to now; return False if the store is unavailable."""
    try:
        with servers.connect() as connection, connection.transaction():
            if connection.execute(_ORDER, (order,)).rowcount:
                connection.execute(_PLACING, (order,))
    except psycopg.Error:
        return False
    return True


def end_pauses(servers: Servers) -> None:
    """Let the leases and the pauses of webhook deliveries that wait pass."""
    with servers.connect() as connection:
        connection.execute("UPDATE webhook_deliveries SET due_at = now() WHERE state = 'waiting' AND due_at > now()")
