"""Server killed while the Python client calls it: no call fails, and each has one effect."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.client.programs import begin
from tests.support.depth import effort
from tests.support.server import Served
from tests.support.servers.ephemeral import processes

PLACE = r"""
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor

from orders_client import AsyncOrdersClient, OrdersClient
from orders_client.models import ShopOrderCreate, ShopOrderCreateLine

url, token, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
CLIENTS = 4


def tea(number):
    return ShopOrderCreate(
        lines=[ShopOrderCreateLine(title="Tea", quantity=1, unit_price_minor=500)], metadata={"call": number}
    )


def placed(number, order):
    assert order.metadata == {"call": number}, order
    sys.stdout.write(f"{order.id}\n")  # with print, lines of other threads come before the end of the line
    sys.stdout.flush()


def place(numbers):
    with OrdersClient(url, token, timeout=5, retry_seconds=120) as client:
        for number in numbers:
            placed(number, client.shop.place_order(tea(number)))


async def place_async(numbers):
    client = AsyncOrdersClient(url, token, timeout=5, retry_seconds=120)
    for number in numbers:
        placed(number, await client.shop.place_order(tea(number)))
    await client.close()


async def main():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(CLIENTS) as pool:
        threads = [loop.run_in_executor(pool, place, range(n, calls // 2, CLIENTS)) for n in range(CLIENTS)]
        tasks = [place_async(range(calls // 2 + n, calls, CLIENTS)) for n in range(CLIENTS)]
        await asyncio.gather(*threads, *tasks)
    with OrdersClient(url, token) as client:
        cursor, found = None, []
        while True:
            page = client.shop.list_orders(limit=200, cursor=cursor)
            found += [order.metadata["call"] for order in page.data]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert sorted(found) == list(range(calls)), (len(found), len(set(found)))
    print("each call once")


asyncio.run(main())
"""
"""Half of the calls come from threads, half from asyncio; the id of each order is printed when its call returned."""


@pytest.mark.timeout(1_200)  # of 50 kills
def test_calls_to_a_killed_server_have_one_effect_each(tmp_path: Path) -> None:
    calls, kills = effort(60, 10_000), effort(3, 50)
    served = Served(tmp_path)
    with ExitStack() as running:
        running.enter_context(served)
        program = begin(PLACE, served.url, served.token("root", "--role", "admin"), str(calls), here=tmp_path)
        assert program.stdout
        for kill in range(kills):
            for _ in range(calls // (kills + 1)):
                assert program.stdout.readline().strip(), f"the program ended before kill {kill}"
            time.sleep(0.002 * (kill % 10))
            processes.kill(served.process)  # with its worker, which would answer for a moment more
            served.__enter__()
        output = program.communicate()[0]

    assert program.returncode == 0
    assert output.endswith("each call once\n")
