"""Entry point of the command ``orders`` and of ``python -m orders_flask``; reports missing libraries in a sentence."""

import sys

from orders_flask.optional_dependencies import missing_extra


def main() -> None:
    try:
        from orders_flask import cli
    except ModuleNotFoundError as error:
        sys.exit(f"orders: {missing_extra(error, extra='flask')}")
    cli.main()


if __name__ == "__main__":
    main()
