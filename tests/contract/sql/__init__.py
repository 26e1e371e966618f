"""Tests of the SQL adapters alone: schema, query plans, locks, and database outages."""
