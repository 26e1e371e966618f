"""Contract of UserRepository, on every adapter."""

from orders_adapters.testing.accounts.users import UserRepositoryTests


class TestUserRepository(UserRepositoryTests):
    pass
