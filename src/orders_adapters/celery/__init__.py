"""Celery: a queue that announces stored jobs to its workers."""
