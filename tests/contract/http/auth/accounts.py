"""Test client of /auth, and the accounts that use it."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from flask import Flask

from orders_domain import Actor, Role
from orders_domain.use_cases import CreateUser, DisableUser
from tests.support.client import Answer, Caller, as_json, ask
from tests.support.service_stack import Stack

PASSWORD = "correct horse"
ROOT = Actor(subject="root", role=Role.ADMIN)
GUESTS = (f"guest-{number}" for number in count(1))
ADDRESSES = (f"198.51.{number // 250}.{number % 250}" for number in count(1))


@dataclass(frozen=True, kw_only=True)
class Guest:
    """An account holder. Each account sends requests from its own address, because attempts are limited by address."""

    app: Flask
    stack: Stack
    subject: str
    email: str
    address: str

    def post(self, path: str, body: object, *, app: Flask | None = None) -> Answer:
        environ = {"REMOTE_ADDR": self.address}
        return ask(app or self.app, "POST", path, environ_overrides=environ, **as_json(body))

    def login(self, *, email: object = None, password: object = PASSWORD) -> Answer:
        return self.post("/auth/login", {"email": self.email if email is None else email, "password": password})

    def token(self) -> str:
        response = self.login()
        assert response.status_code == 200, response.text
        return str(response.json["token"])

    def refresh(self, token: object, *, app: Flask | None = None) -> Answer:
        return self.post("/auth/refresh", {"token": token}, app=app)

    def refreshed(self, token: str, *, app: Flask | None = None) -> str:
        response = self.refresh(token, app=app)
        assert response.status_code == 200, response.text
        return str(response.json["token"])

    def logout(self, token: str, *, app: Flask | None = None) -> Answer:
        return ask(app or self.app, "POST", "/auth/logout", headers={"Authorization": f"Bearer {token}"})

    def opens(self, token: str, *, app: Flask | None = None) -> bool:
        """Whether all contracts accept the token; the contracts must agree."""
        caller = Caller(app=app or self.app, subject=self.subject, token=token)
        paths = (f"/orders/user/{self.subject}", "/api/v1/orders/my-orders", "/ostore/orders/none")
        statuses = [caller.ask("GET", path).status_code for path in paths]
        assert statuses in ([401] * 3, [200, 200, 404]), statuses
        return statuses[0] == 200

    def disable(self) -> None:
        self.stack.container.disable_user(DisableUser(actor=ROOT, email=self.email))


def welcome(stack: Stack, **others: Any) -> Guest:
    """Create an account."""
    subject = next(GUESTS)
    email = f"{subject}@example.com"
    request = CreateUser(actor=ROOT, email=email, password=PASSWORD, user_id=subject, **others)
    stack.container.create_user(request)
    return Guest(app=stack.app, stack=stack, subject=subject, email=email, address=next(ADDRESSES))


def error(response: Answer, status: int) -> str:
    """Return the message of an error response, after checking its shape."""
    assert response.status_code == status, (response.status_code, response.text[:500])
    assert response.mimetype == "application/json"
    assert response.json.keys() == {"error"}
    assert isinstance(response.json["error"], str)
    return str(response.json["error"])
