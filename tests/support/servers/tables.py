"""A database with the tables of this release."""

from orders_flask.bootstrap.container import Container


def migrated(container: Container) -> Container:
    """Return the container, its database brought up to date."""
    migrations = container.store().migrations
    assert migrations
    migrations.upgrade("head")
    return container
