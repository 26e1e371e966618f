"""Options of librdkafka, shared by consumers and publisher."""

from __future__ import annotations

from collections.abc import Mapping

from orders_flask.settings import InvalidSetting, Settings


def options(settings: Settings) -> Mapping[str, str]:
    """Return KAFKA_OPTIONS by name."""
    pairs = [option.partition("=") for option in settings.kafka_options.split()]
    if any(not name or not equals for name, equals, _ in pairs):
        raise InvalidSetting("KAFKA_OPTIONS must be written name=value name=value.")
    return {name: value for name, _, value in pairs}
