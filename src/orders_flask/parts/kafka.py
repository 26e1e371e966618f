"""What Kafka's parts share: whether its library is there, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from orders_flask.settings import SettingRefused, Settings


@contextmanager
def installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise SettingRefused("Kafka is asked for, and its library is not installed: pip install '.[kafka]'") from error


def options(settings: Settings) -> Mapping[str, str]:
    """Return KAFKA_OPTIONS by name."""
    pairs = [one.partition("=") for one in settings.kafka_options.split()]
    if any(not name or not equals for name, equals, _ in pairs):
        raise SettingRefused("KAFKA_OPTIONS is written name=value name=value.")
    return {name: value for name, _, value in pairs}
