"""What is shown of a failure has no secret of the settings in it."""

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
def test_a_password_is_not_shown_however_the_address_has_it(url: str) -> None:
    reason = f"no one at 's3cret-word@127.0.0.1' or {url}, ann"

    shown = redact(reason, Settings(database_url=url))

    assert "word" not in shown
    assert "127.0.0.1" in shown
    assert shown.endswith("ann")


def test_what_logs_in_to_kafka_is_not_shown() -> None:
    options = "sasl.username=ann sasl.password=s3cret-word"

    assert redact("s3cret-word of sasl.password", Settings(kafka_options=options)) == "*** of sasl.password"


def test_words_that_only_contain_a_short_password_are_left() -> None:
    settings = Settings(redis_url="redis://:re@127.0.0.1")

    assert redact("Connection refused: re", settings) == "Connection refused: ***"
