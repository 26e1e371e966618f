"""Engines for PostgreSQL and SQLite."""
