"""Contract of UserRepository, on every adapter."""

from orders_adapters.testing.users import UserRepositoryTests


class TestUserRepository(UserRepositoryTests):
    pass
