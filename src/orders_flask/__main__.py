"""python -m orders_flask: the command ``orders``."""

from orders_flask.cli import main

main()
