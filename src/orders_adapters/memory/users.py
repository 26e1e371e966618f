"""In-memory user repository."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import EmailTaken, LastAdministrator, UserExists, UserNotFound
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.users import UserRepository


class InMemoryUserRepository(UserRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add(self, user: User) -> None:
        with self._store.read_lock:
            if any(existing.email == user.email for existing in self._store.users.values()):
                raise EmailTaken(user.email)
            if user.id in self._store.users:
                raise UserExists(user.id)
            self._store.users[user.id] = user

    def get(self, user_id: str) -> User:
        with self._store.read_lock:
            return self._stored(user_id)

    def by_email(self, email: str) -> User:
        with self._store.read_lock:
            for user in self._store.users.values():
                if user.email == email:
                    return user
        raise UserNotFound(email)

    def list_page(self, *, after: str = "", limit: int = 100) -> Sequence[User]:
        with self._store.read_lock:
            users = [user for user in self._store.users.values() if user.email > after]
        return sorted(users, key=lambda user: user.email)[:limit]

    def set_disabled(self, user_id: str, *, at: datetime | None) -> None:
        with self._store.read_lock:
            self._store.users[user_id] = replace(self._stored(user_id), disabled_at=at)

    def disable_replaceable(self, user_id: str, *, at: datetime) -> None:
        with self._store.read_lock:
            administrators = {user.id for user in self._store.users.values() if user.administers}
            if administrators == {user_id}:
                raise LastAdministrator
            self._store.users[user_id] = replace(self._stored(user_id), disabled_at=at)

    def set_language(self, user_id: str, language: str | None) -> None:
        with self._store.read_lock:
            self._store.users[user_id] = replace(self._stored(user_id), language=language)

    def change_password(self, user_id: str, password_hash: str, *, instead_of: str | None = None) -> None:
        with self._store.read_lock:
            user = self._stored(user_id)
            if instead_of in (None, user.password_hash):
                self._store.users[user_id] = replace(user, password_hash=password_hash)

    def _stored(self, user_id: str) -> User:
        if user_id not in self._store.users:
            raise UserNotFound(user_id)
        return self._store.users[user_id]
