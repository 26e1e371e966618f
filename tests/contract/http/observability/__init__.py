"""Metrics, traces, request identifiers and the operators' endpoints."""
