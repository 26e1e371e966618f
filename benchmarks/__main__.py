"""Entry point of ``python -m benchmarks``."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from tests.support.servers.discovery import Unavailable

from benchmarks import report, servers, shop
from benchmarks.subjects import QUIET, Sample, Subject, subjects

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
CHART = DOCUMENT.parent / "assets" / "performance.svg"


@click.command()
@click.option("--quick", is_flag=True, help="5 rounds of half a second, about 3 minutes on a machine that is idle.")
@click.option("--rounds", type=click.IntRange(1, 100), help="Rounds; by default 9, with --quick 5.")
@click.option("--seconds", type=click.FloatRange(0.1, 60), help="Seconds of a measurement; by default 3.")
@click.option("--only", multiple=True, help="Only subjects whose name contains this, such as place; may be repeated.")
@click.option("--write/--no-write", default=True, help="Whether to write docs/performance.md; --only never does.")
def main(quick: bool, rounds: int | None, seconds: float | None, only: Sequence[str], write: bool) -> None:
    """Measure the service beside the limits of this machine.

    PostgreSQL with full durability, Redis, and RabbitMQ if it is installed are started on private ports, and on them
    `orders serve` as shipped. Beside it run a hand-written Flask application that writes the same rows in one round
    trip, PostgreSQL alone (pgbench) and pika alone. Every round measures all subjects one after the other, so that
    other work on the machine affects them alike; the results are medians.

    \b
    How to read the results:
      rate        responses a second of 16 connections. Rounds in which other programs took more than 15 % of the
                  machine do not count; without any other round there is no rate.
      CPU time    microseconds an operation, of all processes of the service and its servers. It hardly depends on
                  other programs, so every round counts.
      counts      statements and round trips: exact.

    \b
    Examples:
      python -m benchmarks --quick
      python -m benchmarks --only place --rounds 3 --seconds 1

    Ctrl-C stops all servers and removes their data.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C, so that no server is left running
    rounds, seconds = rounds or (5 if quick else 9), seconds or (0.5 if quick else 3.0)
    directory = Path(tempfile.mkdtemp(prefix="orders-benchmark-"))
    _say("starting PostgreSQL, Redis and RabbitMQ")
    try:
        with servers.started() as started, shop.opened(started, directory) as opened:
            versions = started.versions
            chosen = [each for each in subjects(opened) if not only or any(part in each.key for part in only)]
            samples = _measure(chosen, rounds=rounds, seconds=seconds)
            costs = {} if only else _costs(opened, seconds=min(2 * seconds, 3))
    except Unavailable as error:
        raise click.ClickException(f"A server cannot be started: {error}") from error
    except KeyboardInterrupt:
        raise click.ClickException("Stopped; nothing was written.") from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    titles = {each.key: each.title for each in chosen}
    text = report.markdown(titles, samples, costs, versions=versions, command=command, rounds=rounds)
    click.echo(text)
    if write and not only:
        report.write(text, DOCUMENT)
        CHART.write_text(report.chart(titles, samples))
        _say(f"wrote {DOCUMENT} and {CHART}")


def _measure(chosen: Sequence[Subject], *, rounds: int, seconds: float) -> Mapping[str, list[Sample]]:
    """Measure every subject in every round, after a short round that is not counted."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    began = time.monotonic()
    for number in range(rounds + 1):
        for each in chosen:
            _say(f"round {number} of {rounds}, {time.monotonic() - began:.0f} s: {each.title}")
            sample = each.measure(seconds if number else 0.1)
            if number:
                samples[each.key].append(sample)
        busy = sum(sample.disturbed for of_subject in samples.values() for sample in of_subject[-1:])
        if busy:
            _say(f"round {number}: {busy} of {len(chosen)} beside other work of more than {QUIET:.0%}")
    return samples


def _costs(opened: shop.Shop, *, seconds: float) -> Mapping[str, Any]:
    _say("profiling the layers")
    command = [sys.executable, "-m", "benchmarks.layers", opened.cached, str(seconds)]
    environment = os.environ | opened.environments[shop.ALONE]
    ended = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    costs: Mapping[str, Any] = json.loads(ended.stdout)
    return costs


def _say(line: str) -> None:
    """Show the progress: a line that is overwritten on a terminal, otherwise a line of its own."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{line[:120]}", nl=False, err=True)
    else:
        click.echo(line, err=True)


if __name__ == "__main__":
    main()
