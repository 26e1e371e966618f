"""The life of orders in the database."""
