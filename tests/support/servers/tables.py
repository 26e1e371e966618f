"""A database with the tables of this release."""

from orders_flask.container import Container


def migrated(container: Container) -> Container:
    """Return the container, its database brought up to date."""
    migrations = container.store().migrations
    assert migrations
    migrations.upgrade("head")
    return container
