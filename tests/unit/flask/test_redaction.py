"""Redaction: a displayed failure contains no secret of the settings."""

import pytest

from orders_flask import Settings
from orders_flask.observability.redaction import redact


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret-word@127.0.0.1/x",
        "postgresql://ann:pa@s3cret-word@127.0.0.1/x",
        "postgresql://ann:s3cret%2Dword@127.0.0.1/x",
        "postgresql://ann@127.0.0.1/x?password=s3cret-word",
        "postgresql://ann@127.0.0.1/x?sslpassword=s3cret-word&sslmode=require",
    ],
)
def test_password_is_redacted_in_any_encoding(url: str) -> None:
    reason = f"no one at 's3cret-word@127.0.0.1' or {url}, ann"

    shown = redact(reason, Settings(database_url=url))

    assert "word" not in shown
    assert "127.0.0.1" in shown
    assert shown.endswith("ann")


def test_kafka_credentials_are_redacted() -> None:
    options = "sasl.username=ann sasl.password=s3cret-word"

    assert redact("s3cret-word of sasl.password", Settings(kafka_options=options)) == "*** of sasl.password"


def test_words_containing_the_password_stay() -> None:
    settings = Settings(redis_url="redis://:re@127.0.0.1")

    assert redact("Connection refused: re", settings) == "Connection refused: ***"
