"""Orders to be placed again, outside any unit of work: each method happens at once, or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from orders_domain.model.order_template import NewOrderTemplate, OrderTemplate


class OrderTemplateRepository(Protocol):
    """The templates. Every method raises StoreUnavailable when the store is away."""

    def add(self, template: NewOrderTemplate, *, at: datetime) -> OrderTemplate:
        """Keep a template; a user never seen before becomes known."""
        ...

    def get(self, template_id: int) -> OrderTemplate:
        """Return the template as it was added.

        Raises:
            TemplateNotFound: no such template.
        """
        ...

    def list_for_user(self, user_id: str, *, offset: int = 0, limit: int = 100) -> Sequence[OrderTemplate]:
        """Return templates of the user, in the order they were added."""
        ...

    def delete(self, template_id: int) -> None:
        """Forget the template; its id is not given again.

        Raises:
            TemplateNotFound: no such template, or somebody else has just removed it.
        """
        ...
