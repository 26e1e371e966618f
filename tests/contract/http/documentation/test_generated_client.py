"""Python client that openapi-python-client generates from the OpenAPI document: type-checked, and used."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.contract.http.checkout.carts import cart
from tests.support.report import for_want_of
from tests.support.secrets import CART_SECRET
from tests.support.server import Served

GENERATOR = Path(sys.prefix) / "examples"  # where make installs requirements/examples.txt
CALLS = """
import json, sys
from typing import TypeVar
from uuid import uuid4

from orders_client import AuthenticatedClient, Client
from orders_client.api.auth import auth_sign_in
from orders_client.api.checkout import checkout_cancel_order, checkout_get_order, checkout_place_cart_order
from orders_client.api.management import (
    management_change_status, management_get_order, management_get_order_history, management_get_order_statistics,
    management_get_stock_health, management_list_orders, management_list_own_orders, management_place_catalog_order,
)
from orders_client.api.orders import orders_change_status, orders_get_order, orders_list_orders, orders_place_order
from orders_client.api.ostore import ostore_get_order, ostore_place_shipped_order
from orders_client.api.products import products_add_product, products_get_product, products_restock_product
from orders_client.models import (
    Cancellation, CheckoutOrder, CheckoutOrderCreate, CheckoutOrderCreated, Credentials, ManagedOrderCreate,
    ManagedOrderResponse, ManagementError, OrderCreate, OrderResponse, OrderUpdate, OrderUpdateStatusType1,
    OStoreItemCreate, OStoreOrderCreate, OStoreOrderPlaced, ProblemDetails, ProductCreate, ProductResponse, Restock,
    StatusUpdate, StatusUpdateStatus,
)

url, ann_token, admin_token = sys.argv[1:4]
signed = json.load(sys.stdin)
ann = AuthenticatedClient(base_url=url, token=ann_token, raise_on_unexpected_status=True)
admin = AuthenticatedClient(base_url=url, token=admin_token, raise_on_unexpected_status=True)
calls = 0
T = TypeVar("T")


def expect(kind: type[T], answer: object) -> T:
    global calls
    calls += 1
    assert isinstance(answer, kind), (calls, answer)
    return answer


order = OrderCreate.from_dict({"items": [{"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}], "total_price": 75})
placed = expect(OrderResponse, orders_place_order.sync(client=ann, body=order, idempotency_key="a key"))
again = expect(OrderResponse, orders_place_order.sync(client=ann, body=order, idempotency_key="a key"))
assert again == placed
assert expect(OrderResponse, orders_get_order.sync(str(placed.id), client=ann)) == placed
expect(ProblemDetails, orders_get_order.sync(str(uuid4()), client=ann))
paid = OrderUpdate(status=OrderUpdateStatusType1("PAID"))
expect(OrderResponse, orders_change_status.sync(str(placed.id), client=ann, body=paid))
assert expect(list, orders_list_orders.sync("ann", client=ann))[0].id == placed.id

lamp = ProductCreate(name="Lamp", price=12.5, stock_quantity=5)
product = expect(ProductResponse, products_add_product.sync(client=admin, body=lamp))
number = product.product_id
expect(ProductResponse, products_restock_product.sync(str(number), client=admin, body=Restock(quantity=5)))
assert expect(ProductResponse, products_get_product.sync(str(number), client=ann)).stock_quantity == 10


def managed(quantity: int) -> ManagedOrderCreate:
    parts = {f"shipping_{part}": "x" for part in ("address_line1", "city", "state", "postal_code", "country")}
    return ManagedOrderCreate.from_dict({**parts, "order_items": [{"product_id": number, "quantity": quantity}]})


bought = expect(ManagedOrderResponse, management_place_catalog_order.sync(client=ann, body=managed(2)))
short = expect(ManagementError, management_place_catalog_order.sync(client=ann, body=managed(99)))
assert not isinstance(short.detail, str) and short.detail.message == "Some products have insufficient stock"
gone = expect(ManagementError, management_get_order.sync("999999", client=admin))
assert isinstance(gone.detail, str)
shipped = StatusUpdate(status=StatusUpdateStatus("shipped"))
ref = str(bought.order_id)
expect(ManagedOrderResponse, management_change_status.sync(ref, client=admin, body=shipped))
assert len(expect(list, management_get_order_history.sync(ref, client=admin))) == 2
expect(object, management_get_order_statistics.sync(ref, client=ann))
expect(object, management_get_stock_health.sync(client=admin))
found = expect(list, management_list_orders.sync(client=admin, user_id="ann"))
assert bought.order_id in {one.order_id for one in found}

item = OStoreItemCreate(product_id=number, quantity=1)
sent = OStoreOrderCreate(user_id="ann", order_items=[item])
parcel = expect(OStoreOrderPlaced, ostore_place_shipped_order.sync(client=ann, body=sent))
expect(object, ostore_get_order.sync(str(parcel.order_id), client=ann))

body = CheckoutOrderCreate.from_dict({"cartSnapshot": signed})
assert body.to_dict() == {"cartSnapshot": signed}
created = expect(CheckoutOrderCreated, checkout_place_cart_order.sync(client=ann, body=body, idempotency_key="cart"))
shown = expect(CheckoutOrder, checkout_get_order.sync(str(created.order_id), client=ann))
assert shown.cart_snapshot is not None and shown.cart_snapshot.to_dict() == signed
reason = Cancellation(reason="late")
expect(object, checkout_cancel_order.sync(str(created.order_id), client=admin, body=reason))
wrong = Credentials(email="nobody@example.com", password="x")
expect(object, auth_sign_in.sync(client=Client(base_url=url), body=wrong))
print(calls)
"""


@pytest.mark.deep
def test_generated_python_client_type_checks_and_works(tmp_path: Path) -> None:
    if not (GENERATOR / "openapi_python_client").is_dir():
        for_want_of("openapi-python-client", why=f"make installs it into {GENERATOR}")
    with Served(tmp_path, CART_SNAPSHOT_SECRET=CART_SECRET) as served:
        with urlopen(f"{served.url}/openapi.json") as document:
            (tmp_path / "openapi.json").write_bytes(document.read())
        (tmp_path / "calls.py").write_text(CALLS)

        run(tmp_path, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none",
            "--output-path", "orders_client")  # fmt: skip
        checked = run(tmp_path, "-m", "mypy", "--strict", "--no-incremental", "orders_client", "calls.py")
        tokens = served.token("ann"), served.token("root", "--role", "admin")
        used = run(tmp_path, "calls.py", served.url, *tokens, given=json.dumps(cart("ann")))

    assert "Success: no issues found" in checked
    assert int(used) >= 20


def run(folder: Path, *arguments: str, given: str = "") -> str:
    around = os.environ | {"PYTHONPATH": str(GENERATOR)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=around, input=given, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout
