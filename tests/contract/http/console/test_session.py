"""Sessions of the console: sign-in, sign-out, rights, and the proof of every form."""

from __future__ import annotations

import re
from typing import cast
from uuid import uuid4

import pytest

from orders_adapters.testing.examples import ADMIN
from orders_domain import Role
from orders_domain.use_cases import CreateUser
from orders_flask import Settings, create_app
from orders_flask.app import container_of
from orders_flask.bootstrap.container import close
from tests.contract.http.console.client import CONSOLE, Operator, Page, administrator, operator
from tests.support.cases import each_case
from tests.support.client import Answer, ask
from tests.support.secrets import CART_SECRET, JWT_SECRET
from tests.support.service_stack import Stack

PASSWORD = "a long password"
PAGES = ("/orders", "/stock", "/analytics", "/webhooks", "/outbox", "/dead-letters", "/health", "/exports/new")
ADMINISTRATORS = ("/stock", "/analytics", "/webhooks", "/outbox", "/dead-letters")


def visitor(stack: Stack) -> Operator:
    return Operator(stack.app.test_client())


def account(stack: Stack) -> str:
    """The e-mail address of a new operator."""
    email = f"{uuid4().hex}@example.com"
    stack.container.create_user(
        CreateUser(actor=ADMIN, email=email, password=PASSWORD, role=Role.CUSTOMER, scopes=frozenset({"orders:write"}))
    )
    return email


def test_sign_in_leads_back_to_the_page(stack: Stack) -> None:
    browser, email = visitor(stack), account(stack)

    answer = browser.http.get(f"{CONSOLE}/orders?hold=true")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/console/sign-in?next=/console/orders?hold%3Dtrue",
    )
    page = Page(cast(Answer, browser.http.get(answer.headers["Location"])))
    form = page.form("sign-in")
    wrong = browser.send(form, email=email, password="wrong password")
    assert (wrong.status, wrong.alerts, wrong.form("sign-in").fields["email"]) == (401, ["Invalid credentials"], email)
    answer = browser.http.post(form.action, data={**form.fields, "email": email, "password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/orders?hold=true")
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("console_session=ey")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/console"} <= set(cookie.split("; "))
    assert browser.get("/orders").status == 200


@each_case(
    "wanted",
    [
        "//evil.example/console",
        "https://evil.example",
        "/console/\\evil",
        "/console//evil",
        "/console/a\nb",
        "/v1/orders",
    ],
)
def test_sign_in_leads_to_no_other_place(embedded_stack: Stack, wanted: str) -> None:
    browser = visitor(embedded_stack)
    token = embedded_stack.caller(role=Role.ADMIN).token
    form = browser.get("/sign-in").form("sign-in")

    answer = browser.http.post(form.action, data={**form.fields, "token": token, "next": wanted})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/orders")


@each_case(("token", "status"), [("not a token", 401), ("x" * 4_000, 422)])
def test_unsuitable_token_begins_no_session(embedded_stack: Stack, token: str, status: int) -> None:
    browser = visitor(embedded_stack)

    page = browser.send(browser.get("/sign-in").form("sign-in"), token=token)

    assert (page.status, len(page.alerts)) == (status, 1)
    assert browser.get("/orders").status == 303


def test_cookie_is_secure_behind_https(embedded_stack: Stack) -> None:
    http = embedded_stack.app.test_client()
    page = Page(cast(Answer, http.get("/console/sign-in", base_url="https://shop.example")))
    token = embedded_stack.caller(role=Role.ADMIN).token

    answer = http.post(
        "/console/sign-in", data={**page.form("sign-in").fields, "token": token}, base_url="https://shop.example"
    )

    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def test_console_is_below_the_root_path(embedded_stack: Stack) -> None:
    http = embedded_stack.app.test_client()
    below = {"SCRIPT_NAME": "/shop"}

    answer = http.get("/console/orders", environ_overrides=below)
    page = Page(cast(Answer, http.get("/console/sign-in", environ_overrides=below)))
    token = embedded_stack.caller(role=Role.ADMIN).token
    begun = http.post("/console/sign-in", data={**page.form("sign-in").fields, "token": token}, environ_overrides=below)

    assert answer.headers["Location"] == "/shop/console/sign-in?next=/console/orders"
    assert page.form("sign-in").action == "/shop/console/sign-in"
    assert begun.headers["Location"] == "/shop/console/orders"
    assert "Path=/shop/console" in begun.headers["Set-Cookie"]


def test_part_of_a_page_leads_to_the_sign_in_page(embedded_stack: Stack) -> None:
    answer = embedded_stack.app.test_client().get("/console/orders", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/console/sign-in?next=/console/orders")


def test_sign_out_revokes_the_token(stack: Stack) -> None:
    browser = administrator(stack)

    page = browser.send(browser.get("/orders").form("sign-out"))

    assert page.form("sign-in")
    assert browser.get("/orders").status == 303
    headers = {"Authorization": f"Bearer {browser.token}"}
    assert stack.app.test_client().get("/v1/orders", headers=headers).status_code == 401


def test_customer_gets_a_page_that_says_why(embedded_stack: Stack) -> None:
    customer = operator(embedded_stack)

    pages = [customer.get(path) for path in (*PAGES, "/orders/1")]

    assert {page.status for page in pages} == {403}
    assert all("The console is for operators" in page.text for page in pages)
    assert customer.send(pages[0].form("sign-out")).form("sign-in")


@each_case("scope", ["orders:write", "orders:read", "payments:write"])
def test_operator_sees_the_own_sections_only(embedded_stack: Stack, scope: str) -> None:
    browser = operator(embedded_stack, scopes=(scope,))

    statuses = {path: browser.get(path).status for path in PAGES}

    exports = 200 if scope == "orders:read" else 403
    own = {"/orders": 200, "/health": 200, "/exports/new": exports}
    assert statuses == dict.fromkeys(ADMINISTRATORS, 403) | own
    shown = {link for link in browser.get("/orders").links if link.removeprefix(CONSOLE) in ADMINISTRATORS}
    assert shown == set()


def test_administrator_sees_every_section(stack: Stack) -> None:
    browser = administrator(stack)

    assert {path: browser.get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
    assert browser.get("/unknown").status == 404


def test_form_of_no_session_is_refused(embedded_stack: Stack) -> None:
    browser, other = administrator(embedded_stack), administrator(embedded_stack)
    foreign = other.get("/orders").form("sign-out").fields["form_token"]
    rules = [
        rule.rule
        for rule in embedded_stack.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "POST" in (rule.methods or ())
    ]
    paths = {re.sub(r"<[^>]*>", str(uuid4()), rule) for rule in rules}

    before = embedded_stack.everything()
    statuses = {
        (path, proof): browser.http.post(path, data={"form_token": proof} if proof else {}).status_code
        for path in paths
        for proof in ("", "form.forged", foreign)
    }

    assert len(paths) > 10
    assert set(statuses.values()) == {403}
    assert embedded_stack.everything() == before


@pytest.mark.parametrize("path", ["/sign-in", *PAGES, "/unknown"])
def test_pages_have_a_strict_policy(embedded_stack: Stack, path: str) -> None:
    browser = visitor(embedded_stack) if path == "/sign-in" else administrator(embedded_stack)

    page = browser.get(path)

    headers = page.answer.headers
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")
    names = {name for _, values in page.elements for name in values}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert [values["src"] for tag, values in page.elements if tag == "script" and values.get("src")]
    assert not [tag for tag, values in page.elements if tag == "style" or (tag == "script" and not values.get("src"))]


def test_static_files_are_served(embedded_stack: Stack) -> None:
    browser = visitor(embedded_stack)
    page = browser.get("/sign-in")
    files = [str(values.get("src") or values.get("href")) for tag, values in page.elements if tag in ("script", "link")]

    for file in files:
        with browser.http.get(file) as response:
            assert response.status_code == 200
    assert {file.partition("?")[0].rpartition(".")[2] for file in files} == {"js", "css", "svg"}


def test_console_can_be_left_out(monkeypatch: pytest.MonkeyPatch, embedded_stack: Stack) -> None:
    monkeypatch.chdir(embedded_stack.directory)
    settings = Settings(jwt_secret=JWT_SECRET, cart_snapshot_secret=CART_SECRET, console="off")
    app = create_app(settings)

    statuses = [one.test_client().get("/console/sign-in").status_code for one in (app, embedded_stack.app)]
    close(container_of(app))

    assert statuses == [404, 200]
    documented = ask(embedded_stack.app, "GET", "/openapi.json").json["paths"]
    assert [path for path in documented if "console" in path] == []
