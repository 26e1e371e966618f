"""The contract ``ostore`` (source 003): orders of products that are shipped."""

from orders_flask.contracts.ostore import auth
from orders_flask.contracts.ostore.errors import OSTORE_STATUSES, body, details, sentence
from orders_flask.contracts.ostore.routes import blueprint
from orders_flask.contracts.ostore.translate import FIELD_NAMES
from orders_flask.web.contract import Contract


def contract() -> Contract:
    return Contract(
        name="ostore",
        blueprint=blueprint(),
        absolute_mounts={"/auth": auth.blueprint()},
        body=body,
        sentence=sentence,
        details=details,
        field_names=FIELD_NAMES,
        statuses=OSTORE_STATUSES,
    )
