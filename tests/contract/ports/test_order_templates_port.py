"""Contract of OrderTemplateRepository, on every adapter."""

from orders_adapters.testing.order_templates import OrderTemplateRepositoryTests


class TestOrderTemplateRepository(OrderTemplateRepositoryTests):
    pass
