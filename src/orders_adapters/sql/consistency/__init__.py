"""Consistency checks of the database: an area a module, and the transactions that repair."""
