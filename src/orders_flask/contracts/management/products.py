"""Routes of products, mounted beside those of orders."""

from typing import Any

from flask import request, url_for

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.product import DEFAULT_THRESHOLD, NewProduct, Product, parse_product_id
from orders_domain.model.values.money import Money
from orders_domain.use_cases import AddProduct, GetProduct, ListProducts, RestockProduct, UpdateProduct
from orders_flask.contracts.management import product_audit, schemas
from orders_flask.contracts.management.routes import _document
from orders_flask.contracts.management.translate import product_filter_from, product_representation
from orders_flask.web.authentication import authenticate, requires
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases
from orders_flask.web.etags import etag, if_match_versions
from orders_flask.web.idempotency import idempotency_key
from orders_flask.web.pagination import link_to, write_product_cursor
from orders_flask.web.rate_limiting import limit_address

_NOT_FOUND = "The product does not exist."
_CHANGED = (400, 401, 403, 404, 412, 413, 415, 503)
_PUBLIC_READS = ("products", "product")
_PUBLIC = "Needs no token if PRODUCTS_PUBLIC is on."


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint(
        "products",
        __name__,
        description="The product catalogue (contract `management`).",
        authenticate=_authenticate_unless_public,
        public_if="PRODUCTS_PUBLIC",
    )
    _add_reads(routes)
    _add_changes(routes)
    product_audit.register(routes)
    return routes


def _add_reads(routes: ContractBlueprint) -> None:
    @routes.get("/")
    @routes.arguments(schemas.ProductQuery, location="query")
    @routes.response(200, schemas.ProductResponse(many=True))
    @routes.doc(
        **_document(
            400,
            401,
            503,
            use_case="list_products",
            description=_PUBLIC,
            summary="List and search products, sorted by id",
        )
    )
    def products(query: dict[str, Any]) -> Any:
        page = use_cases().list_products(ListProducts(product_filter=product_filter_from(query)))
        link = link_to(write_product_cursor(page.next_after), without="skip") if page.next_after else {}
        return [product_representation(product) for product in page.products], link

    @routes.get("/<ref>")
    @routes.response(200, schemas.ProductResponse)
    @routes.doc(
        **_document(
            304,
            401,
            404,
            503,
            use_case="get_product",
            description=_PUBLIC,
            summary="Get a product",
            not_found=_NOT_FOUND,
        )
    )
    def product(ref: str) -> Any:
        return _response(use_cases().get_product(GetProduct(product_id=parse_product_id(ref))))


def _add_changes(routes: ContractBlueprint) -> None:
    @routes.post("/")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.ProductCreate, example={"name": "Assam, 250 g", "price": 31, "stock_quantity": 20})
    @routes.response(201, schemas.ProductResponse)
    @routes.doc(
        **_document(
            400,
            401,
            403,
            413,
            415,
            503,
            use_case="add_product",
            summary="Add a product (administrators)",
            description="Without a sku the service generates one.",
        )
    )
    def add(body: dict[str, Any]) -> Any:
        product = use_cases().add_product(AddProduct(actor=actor(), product=_new(body)))
        location = url_for(".product", ref=product.id)
        return product_representation(product), {"Location": location, **etag(product)}

    @routes.route("/<ref>", methods=["PATCH", "PUT"])
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.ProductUpdate, example={"price": 39, "low_stock_threshold": 5})
    @routes.response(200, schemas.ProductResponse)
    @routes.doc(
        **_document(
            *_CHANGED,
            use_case="update_product",
            summary="Update a product (administrators)",
            description="Members that are not sent stay as they are.",
            not_found=_NOT_FOUND,
        )
    )
    def change(body: dict[str, Any], ref: str) -> Any:
        change = UpdateProduct(
            actor=actor(),
            product_id=parse_product_id(ref),
            name=body.get("name"),
            sku=body.get("sku"),
            price=body.get("price"),
            stock=body.get("stock_quantity"),
            low_stock_threshold=body.get("low_stock_threshold"),
            description=body.get("description"),
            versions=if_match_versions(),
        )
        return _response(use_cases().update_product(change))

    _add_restock(routes)


def _add_restock(routes: ContractBlueprint) -> None:
    @routes.post("/<ref>/restock")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.Restock, example={"quantity": 5})
    @routes.response(200, schemas.ProductResponse)
    @routes.doc(
        **_document(
            *_CHANGED,
            422,
            use_case="restock_product",
            idempotency_key=True,
            summary="Add to the stock of a product (administrators)",
            description="The quantity is added to the stock, whatever the stock is at that moment.",
            not_found=_NOT_FOUND,
        )
    )
    def restock(body: dict[str, Any], ref: str) -> Any:
        change = RestockProduct(
            actor=actor(),
            product_id=parse_product_id(ref),
            quantity=body["quantity"],
            versions=if_match_versions(),
            idempotency_key=idempotency_key("management"),
        )
        return _response(use_cases().restock_product(change))


def _authenticate_unless_public() -> None:
    """Authenticate the request, unless it reads public products without a token; a wrong token is still rejected."""
    reads = request.method in ("GET", "HEAD") and (request.endpoint or "").rpartition(".")[2] in _PUBLIC_READS
    if reads and use_cases().products_public and "Authorization" not in request.headers:
        limit_address()
    else:
        authenticate()


def _response(product: Product) -> tuple[Any, dict[str, str]]:
    return product_representation(product), etag(product)


def _new(body: dict[str, Any]) -> NewProduct:
    currency = body.get("currency") or use_cases().default_currency
    return NewProduct(
        sku=body.get("sku") or use_cases().new_sku(),
        name=body["name"],
        price=Money.of(body["price"], currency, field="price"),
        stock=body["stock_quantity"],
        low_stock_threshold=body.get("low_stock_threshold", DEFAULT_THRESHOLD),
        description=body.get("description"),
    )
