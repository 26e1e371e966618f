"""Tokens of requests: those that could be valid have threads of their own, in a header or in the console's cookie."""

from orders_flask.web.admission.body_limits import has_bearer_token
from tests.support.cases import each_case

TOKEN = "eyJh.eyJz.c2ln"


@each_case(
    ("name", "value", "expected"),
    [
        ("authorization", f"Bearer {TOKEN}", True),
        ("authorization", "Bearer token", False),
        ("authorization", f"Basic {TOKEN}", False),
        ("cookie", f"console_session={TOKEN}", True),
        ("cookie", f"a=b; console_session={TOKEN}; c=d", True),
        ("cookie", "console_session=", False),
        ("cookie", f"other_console_session={TOKEN}", False),
        ("cookie", f"Bearer {TOKEN}", False),
        ("x-session", f"console_session={TOKEN}", False),
    ],
)
def test_token_is_recognized(name: str, value: str, expected: bool) -> None:
    assert has_bearer_token({"headers": [(name.encode(), value.encode())]}) is expected
