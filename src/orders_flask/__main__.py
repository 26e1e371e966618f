"""Entry point of the command ``orders`` and of ``python -m orders_flask``; reports missing libraries in a sentence."""

import gc
import sys

from orders_flask.optional_dependencies import missing_extra

NEW_OBJECTS = 5_000
"""The objects after which Python looks for cycles, instead of 700, which a request allocates: an export needs a sixth
less CPU time. Processes that are forked inherit it."""


def main() -> None:
    gc.set_threshold(NEW_OBJECTS)
    try:
        from orders_flask import cli
    except ModuleNotFoundError as error:
        sys.exit(f"orders: {missing_extra(error, extra='flask')}")
    cli.main()


if __name__ == "__main__":
    main()
