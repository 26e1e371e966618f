"""Use cases of accounts, sessions and rate limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dependency_injector import providers

from orders_adapters.serialization import personal_data
from orders_domain import use_cases
from orders_domain.model.accounts.auth_token import AuthenticatedToken, SessionTokens
from orders_domain.model.accounts.user import User
from orders_domain.use_cases.accounts.personal_data import Exported
from orders_flask.bootstrap.container.components import Components
from orders_flask.observability.instrumentation import instrumented


class AccountUseCases(Components):
    authenticate: providers.Callable[AuthenticatedToken] = providers.Callable(
        use_cases.authenticate, token_verifier=Components.token_verifier, revoked_tokens=Components.revoked_tokens
    )
    sign_in: providers.Callable[SessionTokens] = providers.Callable(
        use_cases.sign_in,
        users=Components.users,
        normalize_email=Components.normalize_email,
        password_hasher=Components.password_hasher,
        rate_limiter=Components.rate_limiter,
        token_issuer=Components.token_issuer,
        clock=Components.clock,
        new_id=Components.new_id,
        allow_demo=Components.settings.provided.allows_demo,
    )
    refresh_token: providers.Callable[SessionTokens] = providers.Callable(
        use_cases.refresh_token,
        token_verifier=Components.refresh_verifier,
        users=Components.users,
        revoked_tokens=Components.revoked_tokens,
        token_issuer=Components.token_issuer,
        clock=Components.clock,
        allow_demo=Components.settings.provided.allows_demo,
    )
    sign_out: providers.Callable[None] = providers.Callable(
        use_cases.sign_out,
        revoked_tokens=Components.revoked_tokens,
        token_issuer=Components.token_issuer,
        clock=Components.clock,
    )
    limit_requests: providers.Callable[None] = providers.Callable(
        use_cases.limit_requests, rate_limiter=Components.rate_limiter
    )
    create_user: providers.Callable[User] = providers.Callable(
        instrumented(use_cases.create_user),
        metrics=Components.metrics,
        users=Components.users,
        normalize_email=Components.normalize_email,
        password_hasher=Components.password_hasher,
        clock=Components.clock,
        new_id=Components.new_id,
    )
    list_users: providers.Callable[Sequence[User]] = providers.Callable(
        instrumented(use_cases.list_users), metrics=Components.metrics, users=Components.users
    )
    disable_user: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.disable_user),
        metrics=Components.metrics,
        users=Components.users,
        revoked_tokens=Components.revoked_tokens,
        normalize_email=Components.normalize_email,
        clock=Components.clock,
    )
    enable_user: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.enable_user),
        metrics=Components.metrics,
        users=Components.users,
        normalize_email=Components.normalize_email,
    )
    change_password: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.change_password),
        metrics=Components.metrics,
        users=Components.users,
        normalize_email=Components.normalize_email,
        revoked_tokens=Components.revoked_tokens,
        password_hasher=Components.password_hasher,
        clock=Components.clock,
    )
    get_account: providers.Callable[User] = providers.Callable(use_cases.get_account, users=Components.users)
    change_language: providers.Callable[User] = providers.Callable(
        instrumented(use_cases.change_language),
        metrics=Components.metrics,
        users=Components.users,
        normalize_email=Components.normalize_email,
    )
    end_sessions: providers.Callable[None] = providers.Callable(
        instrumented(use_cases.end_sessions),
        metrics=Components.metrics,
        users=Components.users,
        normalize_email=Components.normalize_email,
        revoked_tokens=Components.revoked_tokens,
        clock=Components.clock,
    )
    export_personal_data: providers.Callable[Iterator[Exported]] = providers.Callable(
        instrumented(use_cases.export_personal_data),
        metrics=Components.metrics,
        personal_data=Components.personal_data,
        users=Components.users,
        queries=Components.queries,
        normalize_email=Components.normalize_email,
    )
    erase_personal_data: providers.Callable[Iterator[use_cases.ErasureStep]] = providers.Callable(
        instrumented(use_cases.erase_personal_data),
        metrics=Components.metrics,
        personal_data=Components.personal_data,
        users=Components.users,
        revoked_tokens=Components.revoked_tokens,
        cache=Components.order_cache,
        normalize_email=Components.normalize_email,
        clock=Components.clock,
    )
    personal_data_document: providers.Callable[Iterator[bytes]] = providers.Callable(personal_data.document)
    """Called with the parts of an export; returns the pieces of the JSON document."""
