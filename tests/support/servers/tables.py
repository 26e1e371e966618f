"""Database migration for tests."""

from orders_flask.bootstrap.container import Container


def migrated(container: Container) -> Container:
    """Migrate the database of the container; return the container."""
    migrations = container.store().migrations
    assert migrations
    migrations.upgrade("head")
    return container
