"""The contract ``orders`` (sources 000 and 001): one's own orders, of items as the client describes them."""

from orders_flask.contracts.orders.errors import sentence
from orders_flask.contracts.orders.routes import blueprint
from orders_flask.web.contract import Contract
from orders_flask.web.problems import problem_json


def contract() -> Contract:
    return Contract(name="orders", blueprint=blueprint(), body=problem_json, sentence=sentence)
