"""Events of the AsyncAPI document as dataclasses."""

from collections.abc import Mapping
from typing import Any

from tools.client.schemas import Dataclasses, class_name, docstring, reference


def classes_of(document: Mapping[str, Any]) -> str:
    """Return the source of a dataclass for each message of the exchange, and of the table of all types."""
    components = document["components"]
    models = Dataclasses(components["schemas"])
    envelope = dict(components["schemas"]["cloudEvent"])
    envelope["properties"] = {name: one for name, one in envelope["properties"].items() if name not in {"data", "type"}}
    envelope["description"] = "An event in the form of CloudEvents 1.0; a subclass has the data of its type."
    models.write("Event", envelope, body="TYPE: ClassVar[str]\n\n")
    events = {}
    for message in document["channels"]["events"]["messages"].values():
        name = reference(message)
        described = components["messages"][name]
        data = described["payload"]["allOf"][1]["properties"]["data"]
        events[described["name"]] = class_name(name)
        body = (
            f'TYPE: ClassVar[str] = "{described["name"]}"\n\ndata: {models.type_of(data, class_name(name) + "Data")}\n'
        )
        models.write(class_name(name), {"description": f"{described['title']}."}, base="Event", body=body)
    table = "".join(f'    "{type_}": {name},\n' for type_, name in events.items())
    meaning = docstring("The class of each type of event.")
    return "".join(models.written.values()) + f"TYPES: Mapping[str, type[Event]] = {{\n{table}}}\n{meaning}"
