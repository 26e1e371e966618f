"""JSON Schemas as Python dataclasses, for the OpenAPI and the AsyncAPI document."""

import keyword
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_LITERAL = 30
"""The most values of an enum that a type lists; the codes of currencies are a `str`."""
FORMATS = {"uuid": "UUID", "date": "date", "date-time": "datetime"}
SIMPLE = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}

Schema = Mapping[str, Any]


def class_name(name: str) -> str:
    return name[0].upper() + name[1:]


def reference(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


@dataclass
class Dataclasses:
    """The dataclasses that have been written, by their name; a schema is written with those that it refers to."""

    components: Mapping[str, Schema]
    written: dict[str, str] = field(default_factory=dict)  # a class after its base
    _begun: set[str] = field(default_factory=set)  # a schema may refer to itself

    def type_of(self, schema: Schema, name: str) -> str:
        """Return the type of the values of a schema; `name` is for a class of an object that has none."""
        match schema:
            case {"$ref": _} | {"allOf": [{"$ref": _}]}:
                return self.component(reference(schema.get("allOf", [schema])[0]))
            case {"properties": _} | {"allOf": _}:
                return self.write(name, schema)
            case {"const": value}:
                return f"Literal[{value!r}]"
            case {"enum": values}:
                return _enum(values)
            case {"oneOf": options} | {"anyOf": options}:
                rest = {key: value for key, value in schema.items() if key not in {"oneOf", "anyOf"}}
                return union(self.type_of({**rest, **option}, name) for option in options)
            case {"type": list(types)}:
                return union(self.type_of({**schema, "type": single}, name) for single in types)
            case {"type": "array"}:
                return f"list[{self.type_of(schema.get('items', {}), name.removesuffix('s'))}]"
        return _simple(schema)

    def component(self, name: str) -> str:
        schema = self.components[name]
        is_class = "allOf" in schema or "properties" in schema
        return self.write(class_name(name), schema) if is_class else self.type_of(schema, class_name(name))

    def write(self, name: str, schema: Schema, *, base: str = "", body: str = "") -> str:
        """Write the dataclass of an object and return its name; a schema that extends another one is its subclass."""
        if name in self._begun:
            return name
        self._begun.add(name)
        parts = [schema, *schema.get("allOf", ())]
        for part in parts:
            if "$ref" in part:
                base = self.component(reference(part))
        required = self._required(schema)
        described = docstring(schema.get("description", ""))
        text = f"{described}\n{body}" if described else body
        for part in parts:
            for member, its_schema in part.get("properties", {}).items():
                text += _member(member, self.type_of(its_schema, name + class_name(member)), member in required)
        self.written[name] = (
            f"@dataclass(frozen=True, kw_only=True)\nclass {name}{f'({base})' if base else ''}:\n"
            f"{textwrap.indent(text or 'pass', '    ')}\n\n"
        )
        return name

    def _required(self, schema: Schema) -> set[str]:
        """Return the required members, also those of what the schema extends."""
        if "$ref" in schema:
            return self._required(self.components[reference(schema)])
        return {*schema.get("required", ())}.union(*map(self._required, schema.get("allOf", ())))


def _member(name: str, annotation: str, is_required: bool) -> str:
    """Return the line of a member. A member that is not required is None if it is absent."""
    if keyword.iskeyword(name):
        name, annotation = f"{name}_", f'Annotated[{annotation}, Field(alias="{name}")]'
    return f"{name}: {annotation}\n" if is_required else f"{name}: {union([annotation, 'None'])} = None\n"


def _enum(values: Sequence[str | None]) -> str:
    words = [value for value in values if value is not None]
    if words == ["true", "false"]:
        return "bool"
    listed = f"Open[Literal[{', '.join(map(repr, words))}]]" if len(words) <= MAX_LITERAL else "str"
    return union([listed, *(["None"] if None in values else [])])


def _simple(schema: Schema) -> str:
    match schema:
        case {"type": "string"}:
            return FORMATS.get(schema.get("format", ""), "str")
        case {"type": "object"}:
            return "dict[str, Any]"
        case {"type": single}:
            return SIMPLE[single]
    return "Any"


def docstring(text: str) -> str:
    """Return the text as a docstring, or nothing."""
    if not text:
        return ""
    first, _, rest = text.strip().replace("\\", "\\\\").partition("\n\n")
    lines = textwrap.wrap(" ".join(first.split()), 110)
    if rest:
        lines += ["", *(textwrap.fill(" ".join(part.split()), 110) for part in rest.split("\n\n"))]
    return '"""' + "\n".join(lines) + ('\n"""\n' if len(lines) > 1 else '"""\n')


def union(types: Iterable[str]) -> str:
    """Return the union; None comes last."""
    parts = dict.fromkeys(part for one in types for part in one.split(" | "))
    return " | ".join(sorted(parts, key=lambda part: part == "None"))
