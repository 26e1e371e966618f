"""The contract ``orders`` (sources 000 and 001): a user's own orders, with items that the client describes."""

from orders_flask.contracts.orders.errors import sentence
from orders_flask.contracts.orders.routes import blueprint
from orders_flask.contracts.orders.translate import FIELD_NAMES
from orders_flask.web.contract import Contract
from orders_flask.web.problems import problem_json


def contract() -> Contract:
    return Contract(name="orders", blueprint=blueprint(), body=problem_json, sentence=sentence, field_names=FIELD_NAMES)
