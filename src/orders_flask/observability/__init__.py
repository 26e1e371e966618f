"""Logs, metrics and the instrumentation of use cases."""
