"""Metadata of the tables: the names of constraints, and what several tables use."""

from enum import Enum as Choice
from typing import Any

from sqlalchemy import MetaData, literal_column

MAX_TRACEPARENT_LENGTH = 55

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def literals(*states: Choice) -> Any:
    """Return the values as literals: the planner uses a partial index only if the statement implies its condition."""
    return [literal_column(f"'{state.value}'") for state in states]
