"""In-memory order template repository."""

from collections.abc import Sequence
from datetime import datetime

from orders_adapters.memory.store import InMemoryStore
from orders_domain.errors import TemplateNotFound
from orders_domain.model.order_template import NewOrderTemplate, OrderTemplate, template_page
from orders_domain.ports.order_templates import OrderTemplateRepository


class InMemoryOrderTemplateRepository(OrderTemplateRepository):
    def __init__(self, store: InMemoryStore) -> None:
        self._store = store

    def add(self, template: NewOrderTemplate, *, at: datetime) -> OrderTemplate:
        with self._store.read_lock:
            added = OrderTemplate(
                id=next(self._store.template_ids),
                created_at=at,
                user_id=template.user_id,
                name=template.name,
                requested_items=tuple(template.requested_items),
                address=template.address,
            )
            self._store.templates[added.id] = added
        return added

    def get(self, template_id: int) -> OrderTemplate:
        with self._store.read_lock:
            template = self._store.templates.get(template_id)
        if template is None:
            raise TemplateNotFound(template_id)
        return template

    def list_for_user(self, user_id: str, *, offset: int = 0, limit: int = 100) -> Sequence[OrderTemplate]:
        with self._store.read_lock:
            templates = [template for template in self._store.templates.values() if template.user_id == user_id]
        return template_page(templates[offset : offset + limit])

    def delete(self, template_id: int) -> None:
        with self._store.read_lock:
            if self._store.templates.pop(template_id, None) is None:
                raise TemplateNotFound(template_id)
