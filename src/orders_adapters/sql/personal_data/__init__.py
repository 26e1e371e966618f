"""Personal data in the database: its export and its erasure."""
