"""Unit tests of the SQL adapters, without a server."""
