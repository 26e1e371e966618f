"""Search for orders in the database."""
