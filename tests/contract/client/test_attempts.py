"""Python client: the attempts of a call, what the last one leaves unknown, and the tokens that they take."""

from pathlib import Path

from tests.contract.client.programs import run

CALLS = """
import asyncio

import httpx

from orders_client import AsyncOrdersClient, NoResponse, OrdersClient, retries

retries._backoff = lambda state: 0.01


def may_be_done(*attempts):
    plan = iter(attempts)

    def answer(request):
        attempt = next(plan, httpx.ConnectError)
        if isinstance(attempt, int):
            return httpx.Response(attempt)
        raise attempt("no answer")

    with OrdersClient("http://shop", "token", retry_seconds=0.2, transport=httpx.MockTransport(answer)) as client:
        try:
            client.shop.remove_webhook("1")
        except NoResponse as error:
            return error.may_be_done


assert may_be_done() is False
assert may_be_done(429, httpx.ConnectTimeout) is False
assert may_be_done(httpx.ReadTimeout) is True
assert may_be_done(httpx.ConnectError, 503) is True


async def renewed():
    made, sent = [], 0

    async def make():
        made.append(1)
        await asyncio.sleep(0.01)
        return str(len(made))

    async def answer(request):
        nonlocal sent
        sent += 1
        while sent < 10:  # no request waits for the answer of another one
            await asyncio.sleep(0)
        return httpx.Response(204 if request.headers["Authorization"] == "Bearer " + valid else 401)

    async with AsyncOrdersClient("http://shop", make, transport=httpx.MockTransport(answer)) as client:
        for valid in ("1", "2"):
            sent = 0
            await asyncio.gather(*(client.shop.remove_webhook(str(number)) for number in range(10)))
            assert len(made) == int(valid), made


asyncio.run(renewed())
print("done")
"""


def test_attempts_are_remembered_and_share_a_token(tmp_path: Path) -> None:
    assert run(CALLS, here=tmp_path) == "done\n"
