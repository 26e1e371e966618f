"""URL converters, and collections with an optional trailing slash (without a redirect)."""

from flask import Flask
from werkzeug.routing import BaseConverter, PathConverter, Rule


class SubjectConverter(PathConverter):
    """A user id in a path, with any characters, because subjects of some identity providers have slashes.

    ``path_params.user_id_param`` handles a trailing slash.
    """

    regex = r"[\s\S]+"
    part_isolating = False


class RefConverter(BaseConverter):
    """An order number or id in a path that also has literal segments, such as /my-orders.

    Only references have a digit, so that /my-orders does not allow the methods of an order.
    """

    regex = r".*[0-9].*"  # a single path segment, because the converter is part-isolating


def install(app: Flask) -> None:
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["subject"] = SubjectConverter
    app.url_map.converters["ref"] = RefConverter


def add_slash_aliases(app: Flask) -> None:
    """Add each collection without its slash, because Werkzeug's ``strict_slashes`` returns 404 instead of 405 there."""
    for rule in list(app.url_map.iter_rules()):
        if rule.rule != "/" and rule.rule.endswith("/"):
            app.url_map.add(Rule(rule.rule.rstrip("/"), endpoint=rule.endpoint, methods=rule.methods))
