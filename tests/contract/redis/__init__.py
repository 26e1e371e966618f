"""The Redis adapters, against a real server with faults."""
