"""Imports and objects that `orders` processes share, because they are forked from one that imports this module."""

import gc
import os
from importlib import import_module

from orders_adapters.jinja.renderer import JinjaRenderer
from orders_flask.contracts import CONTRACTS
from orders_flask.web.admission.server import ALLOCATOR

os.environ.setdefault(*ALLOCATOR)
import_module("granian.server")

JinjaRenderer()
for contract in CONTRACTS.values():
    contract()

gc.freeze()  # the children share the pages of these objects as long as no collection visits them
