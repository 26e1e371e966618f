"""One hot product in k cells of stock: ``python -m benchmarks.stock_cells`` prints what they gain and refuse."""

import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import psycopg
from tests.support.servers.ephemeral.server import HOST

from benchmarks import machine
from benchmarks.servers import DurablePostgres

CELLS = (1, 2, 4, 8, 16)
WRITERS = 16
MOST = 3  # units of an order, at least one
TABLES = """
DROP TABLE IF EXISTS sold, cells;
CREATE TABLE cells (cell integer PRIMARY KEY, units bigint NOT NULL CHECK (units >= 0)) WITH (fillfactor = 50);
CREATE TABLE sold (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, cell integer NOT NULL, units integer NOT NULL);
"""
FILL = "INSERT INTO cells SELECT n, {units} / {cells} FROM generate_series(0, {cells} - 1) n"
TAKE = """
WITH taken AS (UPDATE cells SET units = units - {units} WHERE cell = {cell} AND units >= {units} RETURNING cell)
INSERT INTO sold (cell, units) SELECT cell, {units} FROM taken RETURNING id
"""
"""Like a placement, one statement that takes units and writes a row, or does nothing."""
Connection = psycopg.Connection[tuple[int, ...]]


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Interleaved rounds, whose medians are shown.")
@click.option("--seconds", default=3, show_default=True, help="Seconds of each measurement of the rate.")
@click.option("--units", default=480, show_default=True, help="The units that 16 buyers compete for until none sells.")
def main(rounds: int, seconds: int, units: int) -> None:
    """Let 16 writers buy one product whose stock is in 1, 2, 4, 8 or 16 rows of a durable PostgreSQL.

    \b
    orders/s    each order takes one unit from a random cell; there is stock enough (pgbench)
    refused     buyers of 1 to 3 units who were refused although the cells together had enough, if a buyer asks one
                cell, and if it asks all in turn; of those who came until everything was sold, or 2 buyers a unit
    """
    if not shutil.which("pgbench"):
        raise click.ClickException("pgbench must be on the path.")
    rates, one, every = (defaultdict[int, list[float]](list) for _ in range(3))
    with DurablePostgres() as server:
        url = f"postgresql://postgres@{HOST}:{server.port}/postgres"
        for _ in range(rounds):
            for cells in CELLS:
                rates[cells].append(_rate(url, cells, seconds))
                one[cells].append(_refused(url, cells, units, asking=1))
                every[cells].append(_refused(url, cells, units, asking=cells))
        version = server.version()
    click.echo(f"{machine.description()}, PostgreSQL {version}, {rounds} rounds, {units} units\n")
    click.echo("| cells | orders/s | to one row | refused wrongly, one cell asked | all cells asked |")
    click.echo("| ---: | ---: | ---: | ---: | ---: |")
    for cells in CELLS:
        rate, first = statistics.median(rates[cells]), statistics.median(rates[CELLS[0]])
        refused = " | ".join(f"{statistics.median(each[cells]):.0f}" for each in (one, every))
        click.echo(f"| {cells} | {rate:,.0f} | {rate / first:.1f} | {refused} |")


def _prepare(url: str, cells: int, units: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        connection.execute(FILL.format(units=units, cells=cells).encode())


def _rate(url: str, cells: int, seconds: int) -> float:
    """Return the orders a second of 16 writers."""
    _prepare(url, cells, 10**9)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "take.sql"
        script.write_text(f"\\set cell random(0, {cells - 1})\n{TAKE.format(cell=':cell', units=1).strip()};\n")
        words = f"pgbench -n -M prepared -c {WRITERS} -j 2 -T {seconds} -f {script}".split()
        ended = subprocess.run([*words, url], env=os.environ, check=True, capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+)", ended.stdout)
    return float(found[1]) if found else 0.0


def _refused(url: str, cells: int, units: int, *, asking: int) -> int:
    """Let buyers come until no unit is left; return how many were refused although there were units enough."""
    _prepare(url, cells, units)

    def buy(seed: int) -> int:
        with psycopg.connect(url, autocommit=True) as connection:
            chance = random.Random(seed)
            visits = 2 * units // WRITERS
            return sum(_is_refused_wrongly(connection, cells, chance, asking) for _ in range(visits))

    with ThreadPoolExecutor(WRITERS) as threads:
        return sum(threads.map(buy, range(WRITERS)))


def _is_refused_wrongly(connection: Connection, cells: int, chance: random.Random, asking: int) -> bool:
    wanted = chance.randint(1, MOST)
    first = chance.randrange(cells)
    for step in range(asking):
        statement = TAKE.format(cell=(first + step) % cells, units=wanted)
        if connection.execute(statement.encode()).fetchall():
            return False
    left = connection.execute("SELECT sum(units) FROM cells").fetchone()
    return left is not None and left[0] >= wanted


if __name__ == "__main__":
    main()
