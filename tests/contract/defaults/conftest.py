"""A service's directory, and a knock with secrets that strangers may know."""

import json
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import jwt
import pytest

from orders_flask.production import PUBLISHED_SECRETS
from tests.support.stores import copied_sqlite

FAR_FUTURE = 4_000_000_000


@pytest.fixture
def migrated(migrated_sqlite: Path, tmp_path: Path) -> Path:
    copied_sqlite(migrated_sqlite, tmp_path)
    return tmp_path


def forged_by(secrets: set[str] | frozenset[str] = PUBLISHED_SECRETS) -> list[str]:
    """Tokens of an administrator, each signed with one of the secrets."""
    claims = {"sub": "mallory", "exp": FAR_FUTURE, "role": "admin"}
    return [jwt.encode(claims, secret, algorithm="HS256") for secret in sorted(secrets)]


def status_of(url: str, token: str) -> int:
    """The status of an administrator's list of all orders."""
    request = urllib.request.Request(f"{url}/api/v1/orders/", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            json.load(response)
            return int(response.status)
    except HTTPError as error:
        return error.code
