"""Addresses of Redis: the parts of a URL of Sentinel and of a cluster."""

from typing import Any

import pytest
import redis
from redis.connection import SSLConnection

from orders_adapters.redis.address import CLUSTER_FORM, SENTINEL_FORM, parse
from orders_adapters.redis.client import MAX_CONNECTIONS, connect


def test_sentinel_url_has_its_parts() -> None:
    address = parse("redis+sentinel://ann:s%40d@one,two:26380,[::1]:3/my%2Fmaster/2?sentinel_password=word")

    assert address.kind == "sentinel"
    assert address.hosts == [("one", 26379), ("two", 26380), ("::1", 3)]
    assert address.service == "my/master"
    assert address.options == {"username": "ann", "password": "s@d", "db": 2}
    assert address.sentinel_options == {"password": "word"}


def test_cluster_url_has_its_parts() -> None:
    address = parse("rediss+cluster://:word@one:7000,two/?ssl_cert_reqs=none&db=0")

    assert address.kind == "cluster"
    assert address.hosts == [("one", 7000), ("two", 6379)]
    assert address.options == {"password": "word", "connection_class": SSLConnection, "ssl_cert_reqs": "none"}


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("redis+sentinel://one,two", SENTINEL_FORM),
        ("redis+sentinel://one/orders/x", SENTINEL_FORM),
        ("redis+sentinel://one:x/orders", SENTINEL_FORM),
        ("redis+cluster://one,", CLUSTER_FORM),
        ("redis+cluster://one/orders", CLUSTER_FORM),
    ],
)
def test_invalid_url_names_the_valid_form(url: str, form: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        connect(url, timeout=0.1)

    assert form in str(refused.value)


def test_no_client_connects_before_its_use() -> None:
    for url in ("redis+sentinel://127.0.0.1:1/orders", "redis+cluster://127.0.0.1:1", "redis://127.0.0.1:1"):
        connect(url, timeout=0.1).close()


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_sentinels_master_has_the_limits_of_one_server(scheme: str) -> None:
    client = connect(f"{scheme}+sentinel://:word@one/orders/3", timeout=0.1).get()

    assert isinstance(client, redis.Redis)
    pool: Any = client.connection_pool
    assert redis.BlockingConnectionPool in type(pool).__mro__
    assert (pool.max_connections, pool.timeout) == (MAX_CONNECTIONS, 0.1)
    connection = pool.make_connection()
    assert (connection.socket_timeout, connection.socket_connect_timeout) == (0.1, 0.1)
    assert (connection.db, connection.retry.get_retries()) == (3, 0)
    assert isinstance(connection, SSLConnection) is (scheme == "rediss")
