"""What each `orders` process would make again; the process from which they are forked imports this module once."""

import gc

from orders_adapters.jinja.renderer import JinjaRenderer
from orders_flask.contracts import CONTRACTS

JinjaRenderer()
for contract in CONTRACTS.values():
    contract()

gc.freeze()  # the children share the pages of these objects as long as no collection visits them
