"""Routes of products, mounted beside those of orders."""

from typing import Any

from flask import url_for

from orders_domain.model.access import ADMIN_ONLY
from orders_domain.model.money import Money
from orders_domain.model.product import DEFAULT_THRESHOLD, NewProduct, parse_product_id
from orders_domain.use_cases import AddProduct, GetProduct, ListProducts, UpdateProduct
from orders_flask.contracts.management import schemas
from orders_flask.contracts.management.routes import _document
from orders_flask.contracts.management.translate import product_representation
from orders_flask.web.authentication import requires
from orders_flask.web.blueprints import ContractBlueprint
from orders_flask.web.context import actor, use_cases

_NOT_FOUND = "The product does not exist."


def blueprint() -> ContractBlueprint:
    routes = ContractBlueprint("products", __name__, description="The product catalogue (contract `management`).")

    @routes.get("/")
    @routes.arguments(schemas.PageQuery, location="query")
    @routes.response(200, schemas.ProductResponse(many=True))
    @routes.doc(**_document(400, 401, 503, summary="List products, sorted by id"))
    def products(query: dict[str, Any]) -> Any:
        page = use_cases().list_products(ListProducts(offset=query["skip"], limit=query["limit"]))
        return [product_representation(product) for product in page]

    @routes.get("/<ref>")
    @routes.response(200, schemas.ProductResponse)
    @routes.doc(**_document(401, 404, 503, summary="Get a product", not_found=_NOT_FOUND))
    def product(ref: str) -> Any:
        return product_representation(use_cases().get_product(GetProduct(product_id=parse_product_id(ref))))

    @routes.post("/")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.ProductCreate)
    @routes.response(201, schemas.ProductResponse)
    @routes.doc(**_document(400, 401, 403, 413, 415, 503, summary="Add a product (administrators)"))
    def add(body: dict[str, Any]) -> Any:
        product = use_cases().add_product(AddProduct(actor=actor(), product=_new(body)))
        location = url_for(".product", ref=product.id)
        return product_representation(product), {"Location": location}

    @routes.patch("/<ref>")
    @requires(ADMIN_ONLY)
    @routes.arguments(schemas.ProductUpdate)
    @routes.response(200, schemas.ProductResponse)
    @routes.doc(
        **_document(
            400, 401, 403, 404, 413, 415, 503, summary="Update a product (administrators)", not_found=_NOT_FOUND
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
        )
        return product_representation(use_cases().update_product(change))

    return routes


def _new(body: dict[str, Any]) -> NewProduct:
    currency = body.get("currency") or use_cases().default_currency
    return NewProduct(
        sku=body.get("sku") or use_cases().new_sku(),
        name=body["name"],
        price=Money.of(body["price"], currency, field="price"),
        stock=body["stock_quantity"],
        low_stock_threshold=body.get("low_stock_threshold", DEFAULT_THRESHOLD),
    )
