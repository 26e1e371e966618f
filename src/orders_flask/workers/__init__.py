"""Background workers: loops that call use cases."""
