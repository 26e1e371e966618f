"""An operator at the console: pages are read, and forms are filled in and sent, as a browser without scripts does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from orders_domain import Role
from tests.support.client import Answer
from tests.support.service_stack import Stack

CONSOLE = "/console"


@dataclass
class Form:
    """A form: where it goes, and its fields with their values."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def verb(self) -> str:
        """The last part of its address."""
        return urlsplit(self.action).path.rpartition("/")[2]


class Page(HTMLParser):
    """The forms, links and texts of a page."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer, self.status = answer, answer.status_code
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.alerts: list[str] = []
        self._alert = False
        self._select = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        if tag == "form":
            self.forms.append(Form(values.get("method") or "get", values.get("action") or ""))
        if tag == "a":
            self.links.append(values.get("href") or "")
        if values.get("role") == "alert":
            self._alert = True
            self.alerts.append("")
        self._field(tag, values)

    def _field(self, tag: str, values: dict[str, str | None]) -> None:
        if tag == "select":
            self._select = values.get("name") or ""
        if not self.forms:
            return
        fields = self.forms[-1].fields
        if tag in ("input", "textarea") and values.get("name") and values.get("type") != "checkbox":
            fields[str(values["name"])] = values.get("value") or ""
        if tag == "option" and self._select and ("selected" in values or self._select not in fields):
            fields[self._select] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._alert = False
        if tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._alert:
            self.alerts[-1] += data

    def form(self, verb: str) -> Form:
        (found, *_) = [form for form in self.forms if form.verb == verb and form.method == "post"]
        return found

    def offered(self) -> set[str]:
        """The actions that the page of an order offers."""
        return {form.verb for form in self.forms if "/orders/" in form.action and form.method == "post"}


@dataclass(frozen=True)
class Operator:
    """A browser with a session."""

    http: FlaskClient
    token: str = ""

    def get(self, path: str, **sent: Any) -> Page:
        return Page(cast(Answer, self.http.get(f"{CONSOLE}{path}", **sent)))

    def send(self, form: Form, **fields: Any) -> Page:
        """Send the form and follow the redirection."""
        answer = self.http.post(form.action, data={**form.fields, **fields}, follow_redirects=True)
        return Page(cast(Answer, answer))

    def act(self, order: dict[str, Any], verb: str, **fields: str) -> Page:
        """Fill in the form of an action on the page of the order, and send it."""
        return self.send(self.get(f"/orders/{order['id']}").form(verb), **fields)


def operator(stack: Stack, *, role: Role = Role.CUSTOMER, scopes: tuple[str, ...] = ()) -> Operator:
    """A signed-in operator, or a customer without a role and scopes."""
    token = stack.caller(role=role, scopes=scopes).token
    browser = Operator(stack.app.test_client(), token)
    form = next(form for form in browser.get("/sign-in").forms if "token" in form.fields)
    browser.http.post(form.action, data={**form.fields, "token": token})
    return browser


def administrator(stack: Stack) -> Operator:
    return operator(stack, role=Role.ADMIN)
