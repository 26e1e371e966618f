"""Entry point of `python -m tests.torture`."""

import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click

from tests.support.servers.discovery import Unavailable
from tests.torture import servers
from tests.torture.checker import violations_in
from tests.torture.defects import DEFECTS
from tests.torture.faults.schedule import DECK, chosen
from tests.torture.options import Options
from tests.torture.report import report
from tests.torture.run import Run

_FAULTS = "\n\n".join(f"  {fault.name}" for fault in DECK)


@click.command(epilog=f"\b\nFaults:\n{_FAULTS}".replace("\n\n", "\n"))
@click.option(
    "--seconds", type=click.FloatRange(1, 86_400), default=60, show_default=True, help="Duration of load and faults."
)
@click.option("--seed", type=int, help="Seed of the load and the faults; by default a random one, which is printed.")
@click.option("--clients", type=click.IntRange(1, 50), default=2, show_default=True, help="Buyers of each contract.")
@click.option("--fault", "faults", multiple=True, help="Only faults whose names contain this; may be repeated.")
@click.option(
    "--defect", type=click.Choice(DEFECTS), help="Plant a defect in the service, which the checker must detect."
)
@click.option("--directory", type=click.Path(path_type=Path), help="Directory of the logs; by default a temporary one.")
def main(
    seconds: float, seed: int | None, clients: int, faults: tuple[str, ...], defect: str | None, directory: Path | None
) -> None:
    """Run a complete service under load and faults, and check that nothing is lost.

    PostgreSQL, Redis and RabbitMQ are started on private ports, and on them two web workers, two relays and two
    tracking consumers. Buyers through four contracts, a merchant and a late payer through the fifth, readers,
    cancellers, holders of stock, administrators, restockers, carriers and users who sign in load the service, while
    processes, servers and the network are killed, frozen, cut and slowed down. In runs of 60 s or more
    there are also two deliverers of webhooks with their receivers, two consumers of payment facts, and readers of the
    event feed. In the end a checker that shares no code with the service compares the clients' log with the stores. The
    exit status is 1 if a promise was broken.

    Ctrl-C ends the run early; the checker decides about the run so far.
    """
    try:
        chosen(faults)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    logs = directory or Path(tempfile.mkdtemp(prefix="orders-torture-"))
    logs.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C, so that no process is left running
    options = Options(seconds=seconds, seed=seed, clients=clients, faults=faults, defect=defect, directory=logs)
    click.echo(f"seed {seed}, logs in {logs}; starting PostgreSQL, Redis and RabbitMQ")
    try:
        with servers.started() as started:
            evidence = Run(options=options, servers=started, say=_progress).execute()
    except Unavailable as error:
        raise click.ClickException(f"A server cannot be started: {error}") from error
    violations = violations_in(evidence)
    click.echo(report(evidence, violations, options))
    if not violations and directory is None:
        shutil.rmtree(logs, ignore_errors=True)
    sys.exit(1 if violations else 0)


def _progress(line: str) -> None:
    """A line that is overwritten on a terminal; otherwise one line per message."""
    if sys.stdout.isatty():
        click.echo(f"\r\033[K{line[:120]}", nl=False)
    else:
        click.echo(line)


main()
