"""Security headers of answers that have tokens, and of the page /docs."""

import pytest

from orders_flask import Settings, create_app
from tests.support.secrets import JWT_SECRET


@pytest.mark.parametrize("path", ["login", "refresh", "logout"])
@pytest.mark.parametrize("body", [{}, {"email": "ann@example.com", "password": "a password", "token": "x"}])
def test_auth_answers_are_not_stored(path: str, body: dict[str, str]) -> None:
    app = create_app(Settings(database_url="memory://", jwt_secret=JWT_SECRET))

    response = app.test_client().post(f"/auth/{path}", json=body)

    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/docs/", "/docs/swagger-ui.css"])
def test_docs_cannot_be_framed(path: str) -> None:
    response = create_app(Settings(database_url="memory://", jwt_secret=JWT_SECRET)).test_client().get(path)

    assert response.status_code == 200
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    response.close()


@pytest.mark.parametrize("path", ["/", "/docs/", "/openapi.json", "/readyz", "/metrics", "/nowhere"])
def test_answers_do_not_repeat_the_host(path: str) -> None:
    client = create_app(Settings(database_url="memory://", jwt_secret=JWT_SECRET, trusted_proxies=1)).test_client()
    named = dict.fromkeys(("Host", "X-Forwarded-Host", "Forwarded", "X-Forwarded-Server"), "other.example")

    response = client.get(path, headers={**named, "Accept": "text/html"})

    assert "other.example" not in response.text + str(response.headers)
