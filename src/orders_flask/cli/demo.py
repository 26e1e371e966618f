"""The ``orders demo`` command."""

import os

import click

from orders_domain.errors import UserNotFound
from orders_domain.model.accounts.actor import Actor, Role
from orders_domain.model.accounts.user import User
from orders_domain.model.custom_item import CustomItem
from orders_domain.model.order_filter import OrderFilter
from orders_domain.model.origin import Origin
from orders_domain.model.product import NewProduct
from orders_domain.model.product_filter import ProductFilter
from orders_domain.model.values.money import Money
from orders_domain.ports.accounts.users import UserRepository
from orders_domain.use_cases import AddProduct, ChangePassword, CreateUser, ExportOrders, ListOrders, PlaceOrder
from orders_flask import bootstrap, settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli import serve
from orders_flask.settings import Settings

_CUSTOMER, _ADMIN = "ann", "admin"
_A_DAY = 24 * 3600
_ADVICE = "Use another working directory, or set DATABASE_URL=sqlite:///demo.db"
_PRODUCTS = (
    ("TEA-1", "Darjeeling, 250 g", 37, 100),
    ("CUP-1", "Porcelain cup", 12, 40),
    ("POT-1", "Premium teapot", 90, 2),
)
_GUIDE = """
The service runs at {at}; its documentation is at {at}/docs
{console}
{products}

A customer's token ({customer}), valid for 24 hours:
  {customer_token}
An administrator's token ({admin}), valid for 24 hours:
  {admin_token}
{requests}
Press Ctrl-C to stop.
"""
_CONSOLE = """
The operators' console is at {at}/console; sign in as {admin_email} with the password {password}
"""
_REQUESTS = {
    "ostore": """
Sign in as {customer_email} or {admin_email} with the password {password}; in another terminal:

  curl -s -X POST {at}/auth/login -H "Content-Type: application/json" \
-d '{{"email": "{customer_email}", "password": "{password}"}}'
""",
    "management": """
Order products:

  curl -s -X POST {at}{prefix}/ -H "Authorization: Bearer {customer_token}" \
-H "Content-Type: application/json" -d '{{"order_items": [{{"product_id": 1, "quantity": 2}}], \
"shipping_address_line1": "123 Main St", "shipping_city": "New York", "shipping_state": "NY", \
"shipping_postal_code": "10001", "shipping_country": "USA"}}'
""",
    "orders": """
List orders, and mark one as paid:

  curl -s {at}{prefix}/user/{customer} -H "Authorization: Bearer {customer_token}"

  curl -s -X PATCH {at}{prefix}/{order_id} -H "Authorization: Bearer {customer_token}" \
-H "Content-Type: application/json" -d '{{"status": "PAID"}}'
""",
}
"""Sample requests by contract; printed for the contracts that are mounted."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--orders",
    type=click.IntRange(0, 10_000),
    default=500,
    show_default=True,
    envvar="DEMO_ORDERS",
    help="Orders of the last 60 days, which are stored in the background.",
)
@click.option("--port-option", default="--port", hidden=True)  # the Makefile passes the name of its variable
def demo(host: str, port: int, orders: int, port_option: str) -> None:
    """Run the service with sample data and sample requests.

    Creates the tables in an empty database, inserts sample products, accounts and orders, and prints tokens and
    requests. The password of the accounts is random, and stored beside the database for the next start. Production does
    not accept these accounts and tokens. A database that has orders of other users, or tables of another release, is
    refused and left unchanged.
    """
    read = settings.load()
    if read.production:
        raise click.ClickException("ORDERS_ENV must not be production for the demo.")
    if read.algorithm != "HS256":
        raise click.ClickException("JWT_PUBLIC_KEY and JWT_JWKS_URL must not be set for the demo, which signs tokens.")
    serve.require_own_secret(read, host)
    serve.require_free(host, port, option=port_option)
    container = Container(settings=read)
    _prepare_database(container, read)
    fill(container, read)
    click.echo(_guide(container, read, at=f"http://{host}:{port}"))
    if serve.is_loopback(host):  # because the page gives everybody who reads it a token
        os.environ["ORDERS_DEMO"] = "on"
        os.environ["DEMO_ORDERS"] = str(orders)
    serve.run(read, host=host, port=port)


def _guide(container: Container, read: Settings, *, at: str) -> str:
    """Return the guide, with requests to the first prefix of each mounted contract."""
    values = {
        "at": at,
        "products": _offered_products(container),
        "customer": _CUSTOMER,
        "admin": _ADMIN,
        "customer_token": _token(container, _CUSTOMER),
        "admin_token": _token(container, _ADMIN),
        "customer_email": _email(_CUSTOMER),
        "admin_email": _email(_ADMIN),
        "password": bootstrap.local_secrets(read).demo_password,
        "order_id": _order_to_pay(container, read),
    }
    served = {name: prefixes[0] for name, prefixes in read.mounts.items()}
    requests = [text.format(prefix=served[name], **values) for name, text in _REQUESTS.items() if name in served]
    console = _CONSOLE.format(**values) if read.console == "on" else ""
    return _GUIDE.format(requests="".join(requests), console=console, **values)


def fill(container: Container, read: Settings) -> None:
    """Store the sample products, accounts and orders that are missing."""
    _stock_the_shop(container, read)
    _open_accounts(container, read)
    _order_to_pay(container, read)
    bootstrap.place_demo_orders(container.web_use_cases())


def _stock_the_shop(container: Container, read: Settings) -> None:
    """Add sample products, unless the catalogue has any."""
    if container.product_catalog().search(ProductFilter(limit=1)).products:
        return
    admin = Actor(subject=_ADMIN, role=Role.ADMIN)
    for sku, name, price, stock in _PRODUCTS:
        product = NewProduct(sku=sku, name=name, price=Money.of(price, read.default_currency), stock=stock)
        container.add_product(AddProduct(actor=admin, product=product))


def _prepare_database(container: Container, read: Settings) -> None:
    """Create the tables in an empty database; check any other one, without changing it.

    Raises:
        ClickException: the database lacks migrations, or has orders or accounts of others.
    """
    migrations = container.store().migrations
    if migrations and migrations.current() is None:
        migrations.upgrade("head")
    elif migrations and (missing := migrations.pending()):
        raise click.ClickException(
            f"The database must be empty or of a demo of this release, but {_place(read)} lacks the migrations "
            f"{', '.join(missing)}. If it is of an earlier demo, run: orders migrate. {_ADVICE}"
        )
    _require_demo_database(container, read)


def _place(read: Settings) -> str:
    return "orders.db in the working directory" if read.uses_default_database else "that of DATABASE_URL"


def _require_demo_database(container: Container, read: Settings) -> None:
    """Check that all accounts with the demonstration's ids and all orders are the demonstration's.

    Raises:
        ClickException: the database has orders or accounts of others.
    """
    stored = [_account(container, user_id) for user_id in bootstrap.DEMO_ACCOUNTS]
    allowed = set(bootstrap.DEMO_ACCOUNTS) if all(account and account.demo for account in stored) else set()
    request = ExportOrders(actor=Actor(subject=_ADMIN, role=Role.ADMIN), order_filter=OrderFilter())
    orders = (order for page in container.export_orders(request) for order in page.orders)
    if any(account and not account.demo for account in stored) or any(order.user_id not in allowed for order in orders):
        raise click.ClickException(
            "The database must be empty or of an earlier demo, "
            f"but {_place(read)} has orders or accounts of others. {_ADVICE}"
        )


def _account(container: Container, user_id: str) -> User | None:
    users: UserRepository = container.users()
    try:
        return users.get(user_id)
    except UserNotFound:
        return None


def _open_accounts(container: Container, read: Settings) -> None:
    """Create the sample accounts; existing ones get the password that is stored beside the database."""
    admin = Actor(subject=_ADMIN, role=Role.ADMIN)
    password = bootstrap.local_secrets(read).demo_password
    for user_id, role in bootstrap.DEMO_ACCOUNTS.items():
        account = _account(container, user_id)
        if account and container.password_hasher().verify(password, account.password_hash):
            continue
        if account:
            container.change_password(ChangePassword(actor=admin, email=_email(user_id), password=password))
        else:
            container.create_user(
                CreateUser(actor=admin, email=_email(user_id), password=password, role=role, user_id=user_id, demo=True)
            )


def _token(container: Container, user_id: str) -> str:
    role = bootstrap.DEMO_ACCOUNTS[user_id]
    return container.issue_dev_token(subject=user_id, role=role, scopes=(), seconds=_A_DAY, demo=True)


def _email(user_id: str) -> str:
    return f"{user_id}@example.com"


def _offered_products(container: Container) -> str:
    products = container.product_catalog().search(ProductFilter(limit=10)).products
    return "\n".join(
        f"  product {product.id}: {product.name}, {product.price.amount} {product.price.currency}, "
        f"{product.stock} in stock"
        for product in products
    )


def _order_to_pay(container: Container, read: Settings) -> str:
    """Return the id of a pending order of the customer; place one if there is none."""
    ann = Actor(subject=_CUSTOMER)
    wanted = OrderFilter(user_id=_CUSTOMER, origin=Origin.ORDERS)
    page = container.list_orders(ListOrders(actor=ann, order_filter=wanted))
    pending = [order for order in page.orders if order.status.value == "PENDING"]
    if pending:
        return str(pending[-1].id)
    item = CustomItem({"sku": "TEA-1", "quantity": 2, "unit_price": 37.5})
    total = Money.of(75, read.default_currency)
    return str(container.place_order(PlaceOrder(actor=ann, items=(item,), total=total)).id)
