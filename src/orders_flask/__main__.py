"""The command ``orders``, also as python -m orders_flask: one sentence where its libraries are not installed."""

import sys

from orders_flask.optional_dependencies import not_installed


def main() -> None:
    try:
        from orders_flask import cli
    except ModuleNotFoundError as error:
        sys.exit(f"orders: {not_installed(error, extra='flask')}")
    cli.main()


if __name__ == "__main__":
    main()
