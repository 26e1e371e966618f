"""Order templates and stock health, on the memory adapters."""

from dataclasses import dataclass, field

import pytest

from orders_adapters.memory.order_templates import InMemoryOrderTemplateRepository
from orders_adapters.memory.product_catalog import InMemoryProductCatalog
from orders_adapters.memory.store import InMemoryStore
from orders_adapters.memory.unit_of_work import InMemoryUnitOfWork
from orders_adapters.testing.examples import ADA, ADMIN, GRACE, Clock, new_id
from orders_domain import Actor, Money, Order
from orders_domain.errors import AccessDenied, InsufficientStock, InvalidValue, TemplateNotFound
from orders_domain.model.address import Address
from orders_domain.model.order_template import NewOrderTemplate, OrderTemplate
from orders_domain.model.product import NewProduct, ProductId, RequestedItem
from orders_domain.use_cases import (
    AddProduct,
    AddTemplate,
    DeleteTemplate,
    GetStockHealth,
    ListTemplates,
    PlaceOrderFromTemplate,
    UpdateProduct,
    add_product,
    add_template,
    delete_template,
    get_stock_health,
    list_templates,
    place_order_from_template,
    update_product,
)
from orders_domain.use_cases.catalog.get_stock_health import StockHealth

HOME = Address(line1="12 Hill Road", city="Leeds", state="Yorkshire", postal_code="LS1", country="UK")


@dataclass
class TemplateShop:
    """Products and order templates."""

    store: InMemoryStore = field(default_factory=InMemoryStore)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.uow, self.templates = InMemoryUnitOfWork(self.store), InMemoryOrderTemplateRepository(self.store)

    def tea(self, *, stock: int = 10, threshold: int = 0) -> ProductId:
        product = NewProduct(
            sku=str(new_id()), name="Tea", price=Money(250, "USD"), stock=stock, low_stock_threshold=threshold
        )
        return add_product(AddProduct(actor=ADMIN, product=product), uow=self.uow, clock=self.clock).id

    def add(self, *requested_items: RequestedItem, by: Actor = ADA) -> OrderTemplate:
        request = AddTemplate(actor=by, name="Weekly tea", requested_items=requested_items, address=HOME)
        return add_template(request, templates=self.templates, clock=self.clock)

    def place(self, template: OrderTemplate, *, by: Actor = ADA) -> Order:
        return place_order_from_template(
            PlaceOrderFromTemplate(actor=by, template_id=template.id),
            templates=self.templates,
            uow=self.uow,
            clock=self.clock,
            new_id=new_id,
        )

    def health(self) -> StockHealth:
        return get_stock_health(
            GetStockHealth(actor=ADMIN), product_catalog=InMemoryProductCatalog(self.store), clock=self.clock
        ).health


@pytest.fixture
def shop() -> TemplateShop:
    return TemplateShop()


def test_template_order_has_current_prices(shop: TemplateShop) -> None:
    tea = shop.tea()
    template = shop.add(RequestedItem(product_id=tea, quantity=2), RequestedItem(product_id=tea, quantity=1))
    later = shop.clock.advance(3600)
    update_product(UpdateProduct(actor=ADMIN, product_id=tea, price=3), uow=shop.uow, clock=shop.clock)

    order = shop.place(template)

    assert (order.total, order.created_at, order.address, order.user_id) == (Money(900, "USD"), later, HOME, "ada")


def test_template_with_shortage_places_nothing(shop: TemplateShop) -> None:
    template = shop.add(RequestedItem(product_id=shop.tea(stock=1), quantity=2))

    with pytest.raises(InsufficientStock):
        shop.place(template)

    assert shop.store.orders == {}


@pytest.mark.parametrize("stranger", [GRACE, ADMIN])
def test_template_is_hidden_from_other_users(shop: TemplateShop, stranger: Actor) -> None:
    template = shop.add(RequestedItem(product_id=shop.tea(), quantity=1))

    with pytest.raises(TemplateNotFound):
        shop.place(template, by=stranger)
    with pytest.raises(TemplateNotFound):
        delete_template(DeleteTemplate(actor=stranger, template_id=template.id), templates=shop.templates)

    assert list_templates(ListTemplates(actor=stranger), templates=shop.templates) == []
    assert list_templates(ListTemplates(actor=ADA), templates=shop.templates) == [template]


@pytest.mark.parametrize("name", ["", " \t", "x" * 256, "NUL \x00", "half \ud800"])
def test_invalid_template_name_is_rejected(name: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        NewOrderTemplate(
            user_id="ada", name=name, requested_items=(RequestedItem(product_id=1, quantity=1),), address=HOME
        )

    assert refusal.value.field == "name"


@pytest.mark.parametrize("count", [0, 1001])
def test_item_count_out_of_range_is_rejected(count: int) -> None:
    with pytest.raises(InvalidValue):
        NewOrderTemplate(
            user_id="ada", name="Tea", requested_items=(RequestedItem(product_id=1, quantity=1),) * count, address=HOME
        )


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"offset": 100_001}])
def test_invalid_page_is_rejected(page: dict[str, int]) -> None:
    with pytest.raises(InvalidValue):
        ListTemplates(actor=ADA, **page)


@pytest.mark.parametrize(
    ("stocks", "health"),
    [
        ([], StockHealth.HEALTHY),
        ([6], StockHealth.HEALTHY),
        ([6, 5], StockHealth.WARNING),
        ([6, 0], StockHealth.CRITICAL),
        ([1, 0], StockHealth.CRITICAL),
    ],
)
def test_worst_product_decides_stock_health(shop: TemplateShop, stocks: list[int], health: StockHealth) -> None:
    for stock in stocks:
        shop.tea(stock=stock, threshold=5)

    assert shop.health() is health


def test_stock_health_requires_an_administrator(shop: TemplateShop) -> None:
    with pytest.raises(AccessDenied):
        get_stock_health(
            GetStockHealth(actor=ADA), product_catalog=InMemoryProductCatalog(shop.store), clock=shop.clock
        )
