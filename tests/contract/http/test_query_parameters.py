"""Query parameters of lists: a mistyped filter is refused by name and never widens a list."""

from orders_domain import Role
from tests.support.client import ask
from tests.support.service_stack import Stack

INVALID = {
    "staus=shipped": ("staus", "Unknown field."),
    "status[]=shipped": ("status[]", "Unknown field."),
    "limit=1&limit=2": ("limit", "Must be given only once."),
    "Limit=1": ("Limit", "Unknown field."),
    "limit%00=1": ("limit\0", "Unknown field."),
}


def lists(stack: Stack, subject: str) -> list[str]:
    """The paths of all GET operations that document query parameters."""
    paths = ask(stack.app, "GET", "/openapi.json").json["paths"]
    documented = [
        path
        for path, operations in paths.items()
        if any(parameter["in"] == "query" for parameter in operations.get("get", {}).get("parameters", ()))
    ]
    return [path.replace("{user_id}", subject) for path in documented]


def test_unknown_or_repeated_parameter_is_refused(embedded_stack: Stack) -> None:
    root = embedded_stack.caller(role=Role.ADMIN)
    paths = lists(embedded_stack, root.subject)

    assert len(paths) == 7, paths
    for path in paths:
        assert root.ask("GET", path).status_code == 200
        for query, (name, reason) in INVALID.items():
            response = root.ask("GET", f"{path}?{query}")
            errors = response.json.get("errors") or response.json["detail"]["errors"]
            assert (response.status_code, errors) == (422 if path.startswith("/orders") else 400, {name: [reason]})
