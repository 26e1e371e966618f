"""Ports: the interfaces that the domain requires. Their docstrings are contracts that tests/contract verifies."""
