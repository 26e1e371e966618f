"""Operations of the OpenAPI document as methods of a synchronous and of an asynchronous class for each tag."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.client.schemas import Dataclasses, docstring, union

METHODS = ("get", "put", "post", "patch", "delete")
OWN_HEADERS = {"Idempotency-Key", "If-Match"}
"""The client sends them; the other header parameters are of caches and of partial downloads."""
OTHER_SHAPES = {"view"}
"""Parameters with which a response has another shape than its schema, that of another protocol."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method, and the request that it sends."""

    name: str
    arguments: str
    request: str
    result: str
    text: str

    def method(self, prefix: str, wait: str) -> str:
        returned = "" if self.result == "None" else "return "
        return (
            f"{prefix}def {self.name}({self.arguments}) -> {self.result}:\n"
            f"{textwrap.indent(self.text, '    ')}    {returned}{wait}self._send({self.request})\n\n"
        )


def classes_of(paths: Mapping[str, Any], models: Dataclasses) -> str:
    """Return the source of two classes for each tag of the paths."""
    by_tag: dict[str, list[Operation]] = {}
    for path, item in paths.items():
        for method in METHODS:
            if method in item:
                parameters = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                tag = item[method]["tags"][0]
                by_tag.setdefault(tag, []).append(_operation(tag, method, path, item[method], parameters, models))
    return "".join(line for tag, operations in by_tag.items() for line in _classes(tag, operations))


def _classes(tag: str, operations: list[Operation]) -> Iterator[str]:
    for kind, prefix, wait in (("", "", ""), ("Async", "async ", "await ")):
        yield f"class {kind}{tag.capitalize()}:\n"
        yield f'    """Operations of `{tag}`, one method each."""\n\n'
        yield f"    def __init__(self, send: {kind}Send) -> None:\n        self._send = send\n\n"
        yield from (textwrap.indent(operation.method(prefix, wait), "    ") for operation in operations)


def _operation(
    tag: str, method: str, path: str, document: Mapping[str, Any], parameters: list[Any], models: Dataclasses
) -> Operation:
    positional, named, members = [], [], []
    parameters = [parameter for parameter in parameters if parameter["name"] not in OTHER_SHAPES]
    for parameter in parameters:
        name, place = parameter["name"], parameter["in"]
        if place == "path":
            argument, annotation = ("order", "OrderRef") if name == "order_ref" else (name, "UUID | str")
            path = path.replace(f"{{{name}}}", f"{{segment({argument})}}")
            positional.append(f"{argument}: {annotation}")
        elif place == "query":
            annotation = models.type_of(parameter["schema"], "")
            named.append(f"{name}: {union([annotation, 'None'])} = None")
    query = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
    if query:
        members.append(f"query={{{', '.join(f'{name!r}: {name}' for name in query)}}}")
    headers = {parameter["name"] for parameter in parameters if parameter["in"] == "header"} & OWN_HEADERS
    if body := document.get("requestBody"):
        _add_body(body, positional, named, members, models)
    if "If-Match" in headers:
        order = "order" if "{segment(order)}" in path else "None"
        named.append('version: int | Literal["*"] | None = None' if order == "order" else 'version: int | Literal["*"]')
        members.append(f"version=version_of({order}, version)")
    if "Idempotency-Key" in headers:
        named.append("idempotency_key: str | None = None")
        members.append("key=idempotency_key or new_key()")
    if document.get("security") == []:
        members.append("is_public=True")
    result = _result(document["responses"], models)
    kind = "type(None)" if result == "None" else result
    quoted = f'f"{path}"' if "{" in path else f'"{path}"'
    separator = ["*"] if named else []
    return Operation(
        name=document["operationId"].removeprefix(f"{tag}_").replace(f"_{tag}_", "_"),
        arguments=", ".join(["self", *positional, *separator, *named]),
        request=f"Request({', '.join([repr(method.upper()), quoted, kind, *members])})",
        result=result,
        text=docstring(f"{document['summary']}.\n\n{document.get('description', '')}"),
    )


def _add_body(
    body: Mapping[str, Any], positional: list[str], named: list[str], members: list[str], models: Dataclasses
) -> None:
    content = body["content"]
    if "application/json" in content:
        model = models.type_of(content["application/json"]["schema"], "")
        if body.get("required"):
            positional.append(f"body: {model}")
            members.append("body=body")
    else:
        positional.append("body: bytes")
        named.append(f"content_type: Literal[{', '.join(map(repr, content))}]")
        members += ["body=body", "content_type=content_type"]


def _result(responses: Mapping[str, Any], models: Dataclasses) -> str:
    """Return the type of the body of the first successful response."""
    content = next(response.get("content", {}) for status, response in sorted(responses.items()) if status < "3")
    if not content:
        return "None"
    if "application/json" not in content:
        return "bytes"
    return models.type_of(content["application/json"]["schema"], "")
