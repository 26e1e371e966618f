"""URLs: a collection answers with and without its trailing slash, without a redirect."""

from flask import Flask
from werkzeug.routing import BaseConverter, PathConverter, Rule


class SubjectConverter(PathConverter):
    """A user id in a path, of any characters: subjects of some identity providers have slashes.

    Whether one at its end belongs to it, ``refs.user_named`` says.
    """

    regex = r"[\s\S]+"
    part_isolating = False


class RefConverter(BaseConverter):
    """An order in a path that has words beside it. A number or an id has a digit, and the words have none: so a method
    that an order allows is not taken for one that /my-orders allows.
    """

    regex = r".*[0-9].*"  # of one segment, as there is no slash in it


def install(app: Flask) -> None:
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["subject"] = SubjectConverter
    app.url_map.converters["ref"] = RefConverter


def add_slash_aliases(app: Flask) -> None:
    """Add each collection's other spelling. Werkzeug's own leniency answers 404 to a wrong method there, not 405."""
    for rule in list(app.url_map.iter_rules()):
        if rule.rule != "/" and rule.rule.endswith("/"):
            app.url_map.add(Rule(rule.rule.rstrip("/"), endpoint=rule.endpoint, methods=rule.methods))
