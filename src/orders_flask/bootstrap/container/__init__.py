"""Dependency injection container: wires use cases to the components that the settings choose.

A module for each area of use cases, as in ``orders_domain.use_cases``.
"""

from orders_flask.bootstrap.container.container import Container, answer_requests_with, close

__all__ = ["Container", "answer_requests_with", "close"]
