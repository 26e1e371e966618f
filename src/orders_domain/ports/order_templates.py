"""Order template repository port, outside any unit of work: each method is a transaction of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from orders_domain.model.order_template import NewOrderTemplate, OrderTemplate


class OrderTemplateRepository(Protocol):
    """Stored templates. Every method raises StoreUnavailable if the store is unavailable."""

    def add(self, template: NewOrderTemplate, *, at: datetime) -> OrderTemplate:
        """Store a template, and its user if the user is not stored yet."""
        ...

    def get(self, template_id: int) -> OrderTemplate:
        """Return the template as it was added.

        Raises:
            TemplateNotFound: the template does not exist.
        """
        ...

    def list_for_user(self, user_id: str, *, offset: int = 0, limit: int = 100) -> Sequence[OrderTemplate]:
        """Return a page of the user's templates, in the order they were added.

        Raises:
            InvalidValue: the templates have more items than a page may have (``template_page``).
        """
        ...

    def delete(self, template_id: int) -> None:
        """Delete the template; its id is not reused.

        Raises:
            TemplateNotFound: the template does not exist, or was deleted concurrently.
        """
        ...
