"""Entry point `python -m tests.torture.defects NAME -- serve --port 8000`: the command `orders` with one defect."""

import multiprocessing
import sys

from orders_flask.__main__ import main
from tests.torture.defects import DEFECTS


def run() -> None:
    if len(sys.argv) < 4 or sys.argv[1] not in DEFECTS or sys.argv[2] != "--":
        names = "".join(f"\n  {name}" for name in DEFECTS)
        sys.exit(f"usage: python -m tests.torture.defects NAME -- COMMAND ...\n\nNAME is one of:{names}")
    multiprocessing.set_start_method("fork")  # the worker processes inherit the defect
    DEFECTS[sys.argv[1]]()
    sys.argv = ["orders", *sys.argv[3:]]
    main()


if __name__ == "__main__":
    run()
