"""OpenAPI document, and the documentation page with local assets only."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import jsonschema_rs
import pytest

from orders_flask import Settings
from orders_flask.use_cases import UseCases
from tests.support.client import ask
from tests.support.service_stack import Stack

METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}
ERRORS = {
    ("post", "/orders/"): {"400", "401", "409", "413", "415", "422", "503"},
    ("get", "/orders/{order_ref}"): {"401", "404", "503"},
    ("get", "/orders/placements/{job_id}"): {"401", "404", "503"},
    ("patch", "/orders/{order_ref}"): {"400", "401", "404", "409", "412", "413", "415", "422", "503"},
    ("get", "/orders/user/{user_id}"): {"401", "403", "422", "503"},
}
SHOWN = {
    ("get", "/orders/{order_ref}"),
    ("get", "/api/v1/orders/{ref}"),
    ("get", "/ostore/orders/{ref}"),
    ("get", "/api/orders/{order_ref}"),
    ("get", "/api/v1/products/{ref}"),
    ("get", "/v1/orders/{order_ref}"),
    ("get", "/v1/exports/{job_id}/file"),
    ("get", "/v1/imports/{job_id}/refused-lines"),
}
CHANGED = {
    ("patch", "/orders/{order_ref}"),
    ("put", "/api/v1/orders/{ref}/status"),
    ("delete", "/api/v1/orders/{ref}"),
    ("post", "/api/orders/{order_ref}/cancel"),
    ("patch", "/api/v1/products/{ref}"),
    ("put", "/api/v1/products/{ref}"),
    ("post", "/api/v1/products/{ref}/restock"),
}
FITS_NOT = {
    "/orders/": {"422"},
    "/api/v1/": {"400"},
    "/ostore/orders/": {"400"},
    "/auth/": {"400"},
    "/api/orders/": {"422"},
}
SHOP = "/v1/"
"""The prefix of the contract that requires If-Match and Idempotency-Key."""
SUCCESS = {"post": "201", "get": "200", "patch": "200"}


@pytest.fixture
def document(stack: Stack) -> dict[str, Any]:
    response = ask(stack.app, "GET", "/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return dict(response.json)


def operations(document: dict[str, Any], *, below: str = "/orders/") -> dict[tuple[str, str], dict[str, Any]]:
    """The operations of this contract, or of another prefix."""
    return {
        (method, path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS and path.startswith(below)
    }


def documenting(document: dict[str, Any], status: str) -> set[tuple[str, str]]:
    """The operations that document the response status."""
    return {name for name, operation in operations(document, below="/").items() if status in operation["responses"]}


def taking(document: dict[str, Any], header: str) -> set[tuple[str, str]]:
    """The operations that document the header as an optional parameter."""
    parameter = {("header", header, False)}
    return {
        name
        for name, operation in operations(document, below="/").items()
        if parameter
        & {
            (declared["in"], declared["name"], declared.get("required", False))
            for declared in operation.get("parameters", [])
        }
    }


def test_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    # The official schema. Every worker would import the library, which takes half a second.
    from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_query_parameter_is_documented(document: dict[str, Any], stack: Stack) -> None:
    listed, seen = operations(document, below="/"), 0

    for rule in stack.app.url_map.iter_rules():
        operation = listed.get(("get", re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)), {})
        arguments = getattr(stack.app.view_functions[rule.endpoint], "_apidoc", {}).get("arguments", {})
        for schema in (argument["schema"] for argument in arguments.get("parameters", ()) if argument["in"] == "query"):
            names = {field.data_key or name for name, field in schema().fields.items()} if operation else set()
            documented = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
            assert documented == names, rule
            seen += bool(names)

    assert seen == 14


@pytest.mark.clause("001-07")
def test_operation_has_tag_and_unique_summary(document: dict[str, Any]) -> None:
    listed = operations(document)

    assert listed.keys() == ERRORS.keys()
    assert all(operation["tags"] for operation in listed.values())
    assert len({operation["summary"] for operation in listed.values()}) == len(listed)
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in listed.values() for tag in operation["tags"]} <= tags


def test_operation_id_is_unique_and_names_its_use_case(document: dict[str, Any]) -> None:
    listed = operations(document, below="/")
    use_cases = {field.name for field in fields(UseCases)} | {"list_own_orders", "update_product_by_put"}
    use_cases |= {"annotate_order_tags", "annotate_order_metadata"}

    by_tag = [(operation["tags"][0], operation["operationId"]) for operation in listed.values()]

    assert len({operation_id for _, operation_id in by_tag}) == len(listed)
    for tag, operation_id in by_tag:
        assert operation_id.startswith(f"{tag}_"), operation_id
        assert operation_id.removeprefix(f"{tag}_") in use_cases, operation_id


def test_second_mount_has_operation_ids_of_its_own(build: Callable[..., Stack]) -> None:
    stack = build(Settings(database_url="memory://", mounts={"orders": ("/orders", "/v2/orders")}))

    listed = operations(dict(ask(stack.app, "GET", "/openapi.json").json), below="/")

    assert listed["post", "/orders/"]["operationId"] == "orders_place_order"
    assert listed["post", "/v2/orders/"]["operationId"] == "orders_2_place_order"


def test_document_names_its_server_and_describes_every_operation(document: dict[str, Any]) -> None:
    assert [server["url"] for server in document["servers"]] == ["/"]
    for name, operation in operations(document, below="/").items():
        assert operation["description"].endswith("."), name
        assert operation["description"] != operation["summary"]


@pytest.mark.clause("001-03", "001-07")
@pytest.mark.parametrize("operation", ERRORS, ids=" ".join)
def test_operation_documents_schemas_and_errors(document: dict[str, Any], operation: tuple[str, str]) -> None:
    described = operations(document)[operation]
    responses = described["responses"]
    success = SUCCESS[operation[0]]

    accepted = {"202"} if operation[0] == "post" else set()
    not_modified = {"304"} if operation in SHOWN else set()
    assert responses.keys() == ERRORS[operation] | {success, "429"} | accepted | not_modified
    assert responses[success]["content"]["application/json"]["schema"]
    for status in ERRORS[operation]:
        schema = responses[status]["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ProblemDetails"}
        assert responses[status]["description"]
    if operation[0] in {"post", "patch"}:
        assert described["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert described["requestBody"]["required"] is True


def test_operation_documents_etag_headers(document: dict[str, Any]) -> None:
    assert documenting(document, "304") == taking(document, "If-None-Match") == SHOWN
    changing = documenting(document, "412")
    assert {name for name in changing if not name[1].startswith(SHOP)} == taking(document, "If-Match") == CHANGED
    assert all("content" not in operations(document, below="/")[name]["responses"]["304"] for name in SHOWN)


def test_shop_requires_its_headers(document: dict[str, Any]) -> None:
    changes = {name: operation for name, operation in operations(document, below=SHOP).items() if name[0] != "get"}
    for (method, path), operation in changes.items():
        if "/webhooks/" in path:  # they have no version, and a URL has one endpoint
            continue
        conditional = "{" in path and "/stock-holds/" not in path  # which have no version
        required = {parameter["name"] for parameter in operation.get("parameters", []) if parameter.get("required")}
        expected = {"Idempotency-Key"} if method == "post" else set()
        assert required - {"order_ref", "refund_id", "shipment_id", "hold_id"} == expected | (
            {"If-Match"} if conditional else set()
        ), path
        assert ("428" in operation["responses"]) == conditional

    assert len(changes) >= 8


@pytest.mark.parametrize("below", FITS_NOT)
def test_contract_documents_validation_status(document: dict[str, Any], below: str) -> None:
    for operation in operations(document, below=below).values():
        parameters = operation.get("parameters", [])
        if "requestBody" in operation or any(parameter["in"] == "query" for parameter in parameters):
            by_key = {"422"} if any(parameter["name"] == "Idempotency-Key" for parameter in parameters) else set()
            assert operation["responses"].keys() & ({"422"} | FITS_NOT[below]) == FITS_NOT[below] | by_key
        assert not any("$ref" in response for response in operation["responses"].values())


def test_429_and_503_document_retry_after(document: dict[str, Any]) -> None:
    everything = set(operations(document, below="/"))
    assert documenting(document, "429") == everything == documenting(document, "503")
    for operation in operations(document, below="/").values():
        for status in ("429", "503"):
            assert operation["responses"][status]["headers"]["Retry-After"]["schema"]["type"] == "integer"


def test_public_products_need_no_token_in_the_document(build: Callable[..., Stack]) -> None:
    public = ask(build(Settings(log_level="ERROR", products_public="on")).app, "GET", "/openapi.json").json

    listed = operations(public, below="/api/v1/products/")
    optional = {name for name, operation in listed.items() if operation.get("security") == [{}, {"bearer": []}]}
    assert optional == {("get", "/api/v1/products/"), ("get", "/api/v1/products/{ref}")}
    assert {("get", f"/api/v1/products/{{ref}}/{page}") for page in ("movements", "history")} <= listed.keys()
    assert all("security" not in operation for operation in operations(public).values())


def test_document_has_no_framework_schemas(document: dict[str, Any]) -> None:
    assert "UNPROCESSABLE_ENTITY" not in repr(document)
    assert not {"Error", "PaginationMetadata"} & document["components"]["schemas"].keys()


@pytest.mark.parametrize("operation", ERRORS, ids=" ".join)
def test_operation_requires_bearer_token(document: dict[str, Any], operation: tuple[str, str]) -> None:
    schemes = document["components"]["securitySchemes"]
    everywhere: list[dict[str, object]] = document.get("security", [])

    needed = operations(document)[operation].get("security", everywhere)

    assert [list(scheme) for scheme in needed] == [["bearer"]]
    assert schemes["bearer"]["type"] == "http"
    assert schemes["bearer"]["scheme"] == "bearer"


@pytest.mark.parametrize(
    ("schema", "required"),
    [
        ("ProblemDetails", {"type", "title", "status", "detail"}),
        ("CheckoutError", {"error"}),
        ("CheckoutFinalized", {"error"}),
    ],
)
def test_error_schema_requires_members(document: dict[str, Any], schema: str, required: set[str]) -> None:
    assert set(document["components"]["schemas"][schema]["required"]) == required


def test_everything_has_a_description(document: dict[str, Any]) -> None:
    parts: dict[str, Any] = dict(document["components"]["schemas"])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                parts |= {f"{path} {parameter['name']}": parameter for parameter in operation}
                continue
            parts[f"{method} {path}"] = operation
            parts |= {f"{method} {path} {status}": answer for status, answer in operation["responses"].items()}
            for parameter in operation.get("parameters", []):
                parts[f"{method} {path} {parameter['name']}"] = parameter | parameter["schema"]

    assert [name for name, part in parts.items() if not part.get("description")] == []
    assert document["components"]["schemas"]["OrderUpdate"]["description"].startswith("Request body: the new status")
    assert all(tag["description"] for tag in document["tags"])


def test_members_under_a_signature_are_plain_strings(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    for name in ("CheckoutOrderCreate", "CheckoutOrder"):
        cart = schemas[name]["properties"]["cartSnapshot"]
        assert "createdAt" in cart["properties"]
        assert "'format'" not in repr(cart), "a generated client would write the value anew"
        assert cart["properties"]["userId"]["maxLength"] == 255


def test_no_schema_has_a_member_of_its_name(document: dict[str, Any]) -> None:
    """Generated Python clients use one variable for both."""
    named = {
        name: {member.replace("_", "").lower() for member in schema.get("properties", {})}
        for name, schema in document["components"]["schemas"].items()
    }

    assert [name for name, members in named.items() if name.lower() in members] == []


def test_schema_references_resolve(document: dict[str, Any]) -> None:
    refers = set(re.findall(r"#/components/schemas/(\w+)", repr(document)))

    assert refers
    assert refers <= document["components"]["schemas"].keys()


@pytest.mark.parametrize("page", ["/docs", "/docs/"])
def test_docs_page_loads_only_local_assets(stack: Stack, page: str) -> None:
    client = stack.app.test_client()

    response = client.get(page)
    assets = re.findall(r'(?:src|href)="([^"]+)"', response.text)

    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert len(assets) >= 3
    for asset in assets:
        assert asset.startswith("/docs/"), asset
        with client.get(asset, buffered=True) as loaded:
            assert loaded.status_code == 200, asset
            assert loaded.data
    assert "/openapi.json" in response.text
    assert not re.findall(r"https?://(?!localhost\b)", response.text)


def test_docs_page_disables_remote_validator(stack: Stack) -> None:
    page = ask(stack.app, "GET", "/docs/").text

    # Swagger UI shows a badge of validator.swagger.io unless this is disabled.
    assert re.search(r'"?validatorUrl"?: *(null|"none"|"")', page)
