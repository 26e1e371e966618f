"""The command ``orders``, also as python -m orders_flask: one sentence where its libraries are not installed."""

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
