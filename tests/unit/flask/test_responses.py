"""JSON responses: a schema is instantiated once, whatever the number of responses."""

import marshmallow
import pytest
from flask import Flask

from orders_flask.web.responses import json_response


@pytest.fixture
def instances(monkeypatch: pytest.MonkeyPatch) -> list[marshmallow.Schema]:
    made: list[marshmallow.Schema] = []
    original = marshmallow.Schema.__init__

    def counted(self: marshmallow.Schema, *args: object, **kwargs: object) -> None:
        made.append(self)
        original(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(marshmallow.Schema, "__init__", counted)
    return made


def test_responses_share_one_schema(instances: list[marshmallow.Schema]) -> None:
    schema = marshmallow.Schema.from_dict({"number": marshmallow.fields.Integer()})
    with Flask(__name__).app_context():
        bodies = [json_response(schema, {"number": number}, status=200).get_json() for number in (1, 2, 3)]
    assert bodies == [{"number": 1}, {"number": 2}, {"number": 3}]
    assert [type(instance) for instance in instances] == [schema]
