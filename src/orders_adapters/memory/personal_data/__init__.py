"""Personal data in memory: its export and its erasure."""
