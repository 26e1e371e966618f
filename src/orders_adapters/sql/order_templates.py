"""Order template repository. Each change is a transaction.

A trigger inserts the user of a template if the row is missing (migration 0012).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, bindparam, delete, insert, select

from orders_adapters.sql import tables
from orders_adapters.sql.engine import engine as engines
from orders_adapters.sql.errors import translate_errors
from orders_adapters.sql.tables.column_types import is_valid_id
from orders_domain.errors import TemplateNotFound
from orders_domain.model.address import Address
from orders_domain.model.order_template import NewOrderTemplate, OrderTemplate, template_page
from orders_domain.model.product import RequestedItem
from orders_domain.ports.order_templates import OrderTemplateRepository

_templates = tables.order_templates.c

_ADD = insert(tables.order_templates).returning(_templates.id)
_BY_ID = select(tables.order_templates).where(_templates.id == bindparam("template_id"))
_LIST_FOR_USER = (
    select(tables.order_templates)
    .where(_templates.user_id == bindparam("user_id"))
    .order_by(_templates.id)
    .offset(bindparam("skip"))
    .limit(bindparam("limit"))
)
_DELETE = delete(tables.order_templates).where(_templates.id == bindparam("template_id"))


class SqlOrderTemplateRepository(OrderTemplateRepository):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._autocommit = engines.autocommit(engine)

    def add(self, template: NewOrderTemplate, *, at: datetime) -> OrderTemplate:
        values = _values(template) | {"created_at": at}
        with translate_errors(), self._engine.begin() as connection:
            template_id = connection.execute(_ADD, values).scalar_one()
        return OrderTemplate(
            id=template_id,
            created_at=at,
            user_id=template.user_id,
            name=template.name,
            requested_items=template.requested_items,
            address=template.address,
        )

    def get(self, template_id: int) -> OrderTemplate:
        if not is_valid_id(template_id):
            raise TemplateNotFound(template_id)
        with translate_errors(), self._autocommit.connect() as connection:
            row = connection.execute(_BY_ID, {"template_id": template_id}).one_or_none()
        if row is None:
            raise TemplateNotFound(template_id)
        return _to_template(row)

    def list_for_user(self, user_id: str, *, offset: int = 0, limit: int = 100) -> Sequence[OrderTemplate]:
        with translate_errors(), self._autocommit.connect() as connection:
            rows = connection.execute(_LIST_FOR_USER, {"user_id": user_id, "skip": offset, "limit": limit})
            return template_page(_to_template(row) for row in rows)

    def delete(self, template_id: int) -> None:
        if not is_valid_id(template_id):
            raise TemplateNotFound(template_id)
        with translate_errors(), self._engine.begin() as connection:
            if connection.execute(_DELETE, {"template_id": template_id}).rowcount != 1:
                raise TemplateNotFound(template_id)


def _values(template: NewOrderTemplate) -> dict[str, Any]:
    return {
        "user_id": template.user_id,
        "name": template.name,
        "requested_items": [[item.product_id, item.quantity] for item in template.requested_items],
        "address": template.address.as_dict(),
    }


def _to_template(row: Row[Any]) -> OrderTemplate:
    return OrderTemplate(
        id=row.id,
        created_at=row.created_at,
        user_id=row.user_id,
        name=row.name,
        requested_items=tuple(
            RequestedItem(product_id=product_id, quantity=quantity) for product_id, quantity in row.requested_items
        ),
        address=Address(**row.address),
    )
