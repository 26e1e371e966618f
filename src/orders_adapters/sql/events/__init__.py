"""Events that others read from the database."""
