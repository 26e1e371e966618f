"""Who the bearer of a token is."""

from collections.abc import Callable
from typing import TypeAlias

from orders_domain.actor import Actor

Identity: TypeAlias = Callable[[str], Actor]
"""The actor a bearer token speaks for.

Raises:
    InvalidToken: for every token that is not whole, ours, in force and complete; the sentence is for the log.
    IdentityUnavailable: the keys cannot be had now.
"""
