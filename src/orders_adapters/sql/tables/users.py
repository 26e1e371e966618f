"""Tables of users and of revoked tokens."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    String,
    Table,
    false,
)

from orders_adapters.sql.tables.column_types import UtcDateTime
from orders_adapters.sql.tables.metadata import metadata
from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH
from orders_domain.model.accounts.auth_token import ALWAYS
from orders_domain.model.accounts.contact import MAX_LANGUAGE_LENGTH
from orders_domain.model.accounts.user import MAX_EMAIL_LENGTH, MAX_SCOPES_LENGTH

users = Table(
    "users",
    metadata,
    Column("id", String(MAX_SUBJECT_LENGTH), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    # The account. Users of whom only tokens exist have none.
    Column("email", String(MAX_EMAIL_LENGTH)),
    Column("password_hash", String(255)),
    Column("role", String(16)),
    Column("scopes", String(MAX_SCOPES_LENGTH)),
    Column("disabled_at", UtcDateTime),
    Column("is_demo", Boolean, nullable=False, server_default=false()),  # see migration 0017
    Column("language", String(MAX_LANGUAGE_LENGTH)),
    Index("ix_users_email", "email", unique=True),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # of a token, a family, a subject, or of all tokens
    Column("expires_at", UtcDateTime, nullable=False, index=True),  # for pruning
    # A token is revoked if its number for this key is smaller (see AuthenticatedToken). By default it always is.
    Column("valid_from", BigInteger, nullable=False, server_default=str(ALWAYS)),
)
