"""Benchmark of the service beside the limits of its machine (``make bench``)."""
