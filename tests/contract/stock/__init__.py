"""Consistency of stock, ledger, orders and events under concurrency: no unit is sold twice."""
