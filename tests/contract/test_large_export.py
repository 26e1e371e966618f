"""Memory of a large export: bounded, whatever the number of orders.

ORDERS_TEST_EXPORT=1000000 exports a million; it takes a few minutes.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support.command import environment
from tests.support.depth import effort

ORDERS = int(os.environ.get("ORDERS_TEST_EXPORT", effort(8_000, 200_000)))
NOTE = effort(12_000, 0)  # characters per order: few large orders fill the memory like many small ones
MAX_MEGABYTES = effort(140, 200)

GENERATE = """
    INSERT INTO users SELECT 'user-' || n, now() FROM generate_series(0, 999) n;
    INSERT INTO orders
        (id, number, origin, user_id, items, lines, total_minor, currency, status, version, created_at, updated_at)
    SELECT gen_random_uuid(), nextval('order_numbers'), 'orders', 'user-' || n % 1000,
        '[{"sku": "TEA-1", "quantity": 2, "unit_price": 37.5}, '
        '{"sku": "CUP-1", "quantity": 1, "unit_price": 5, "note": "NOTE"}]',
        '[]', 8000, 'USD', 'PENDING', 1, timestamptz '2026-01-01' + n / 3 * interval '1 second', now()
    FROM generate_series(1, ORDERS) n;
    ANALYZE orders
"""
# The peak of the child process; the peak of a forked process would include this larger one.
PEAK = """
import resource, subprocess, sys
status = subprocess.run([sys.executable, "-m", "orders_flask", *sys.argv[1:]]).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.fixture(scope="module")
def database(large_postgresql: str) -> str:
    with psycopg.connect(large_postgresql.replace("+psycopg", ""), autocommit=True) as server:
        for statement in GENERATE.replace("ORDERS", str(ORDERS)).replace("NOTE", "x" * NOTE).split(";"):
            server.execute(statement.encode())
    return large_postgresql


def exported(database: str, file: Path, *options: str) -> int:
    """Export in a separate process; return its peak memory in MB."""
    command = [sys.executable, "-c", PEAK, "export", str(file), *options]
    ended = subprocess.run(
        command, env=environment(DATABASE_URL=database), capture_output=True, text=True, timeout=1200
    )
    status, megabytes = map(int, ended.stdout.split())
    assert status == 0, ended.stderr
    return megabytes


@pytest.mark.clause("002-34")
@pytest.mark.timeout(1200)
def test_large_export_stays_below_200_megabytes(database: str, tmp_path: Path) -> None:
    megabytes = exported(database, tmp_path / "orders.csv")

    print(f"{ORDERS:,} orders: {megabytes} MB")
    with (tmp_path / "orders.csv").open() as file:
        assert next(file).startswith("order_number,")
        numbers = {int(line.partition(",")[0]) for line in file}
    assert numbers == set(range(1, ORDERS + 1))
    assert megabytes < MAX_MEGABYTES
