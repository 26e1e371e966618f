"""Targets of webhooks: only public hosts over TLS, in a form that everybody reads alike."""

from ipaddress import ip_address

import pytest

from orders_domain.errors import InvalidValue
from orders_domain.model.webhooks.target import AllowedTargets, is_public, parse_target
from tests.support.cases import each_case

NONE = AllowedTargets()
LOCAL = AllowedTargets(("localhost", "receiver", "127.0.0.0/8", "::1", "10.1.0.0/16"))


@each_case(
    "url, host, port, path",
    [
        ("https://shop.example.com", "shop.example.com", 443, "/"),
        ("HTTPS://Shop.Example.com./a?b=1&c=%20", "shop.example.com", 443, "/a?b=1&c=%20"),
        ("https://shop.example.com?x=1", "shop.example.com", 443, "/?x=1"),
        ("https://shop.example.com:8443/a", "shop.example.com", 8443, "/a"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://93.184.216.34/", "93.184.216.34", 443, "/"),
        ("https://[2606:2800:220:1:0::1]:8443/", "2606:2800:220:1::1", 8443, "/"),
    ],
)
def test_public_target_is_read(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url, NONE)

    assert (target.host, target.port, target.path, target.is_tls) == (host, port, path, True)
    assert parse_target(target.url, NONE) == target


@each_case(
    "url",
    [
        *(
            "",
            "shop.example.com",
            "//shop.example.com",
            "ftp://shop.example.com",
            "https:/shop.example.com",
            "https://",
        ),
        *(
            "http://shop.example.com/",
            "https://ann@shop.example.com/",
            "https://ann:b@shop.example.com/",
            "https://@x.example",
        ),
        *("https://shop.example.com:0/", "https://shop.example.com:22/", "https://shop.example.com:80/"),
        *("https://shop.example.com:65536/", "https://shop.example.com:/", "https://shop.example.com:4a3/"),
        *(
            "https://shop.example.com/#a",
            "https://shop.example.com#a",
            "https://shop.example.com/a b",
            "https://x.example/%zz",
        ),
        *("https://shop.example.com/\r\nX-Admin: 1", "https://shop.example.com\r\n.example/", "https://x.example/\x00"),
        *(
            "https://shop.example.com\\@10.0.0.1/",
            "https://shop%2eexample.com/",
            "https://bücher.example/",
            "https://x.example/ü",
        ),
        *("https://localhost/", "https://a.localhost/", "https://shop.local/", "https://metadata.google.internal/"),
        *("https://receiver/", "https://shop..example/", "https://-shop.example/", f"https://{'a' * 64}.example/"),
        *("https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/"),
        *("https://0x7f.0.0.0x1/", "https://127.0.0.1./", "https://10.0.0.1/", "https://169.254.169.254/latest"),
        *(
            "https://0.0.0.0/",
            "https://100.64.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://1.2.3/",
        ),
        *("https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/"),
        *("https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1]/", "https://[fc00::1]/"),
        *("https://[fe80::1%25eth0]/", "https://[::127.0.0.1]/", "https://[1::2::3]/", "https://[2001:0:7f00:1::]/"),
        "https://shop.example.com/" + "a" * 65_536,
    ],
)
def test_other_target_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_target(url, NONE)

    assert refused.value.field == "url"
    assert len(str(refused.value)) < 200
    assert "must" in str(refused.value)


@each_case(
    "url",
    [
        *("http://localhost/", "http://receiver:8080/", "http://127.0.0.2:9000/", "https://[::1]/", "http://10.1.2.3/"),
        "https://receiver/",
    ],
)
def test_allowed_target_may_be_private(url: str) -> None:
    assert parse_target(url, LOCAL).url == url


@each_case("url", ["http://10.2.0.1/", "http://shop.example.com/", "http://a.receiver/", "http://[::2]/"])
def test_allowed_entry_is_exact(url: str) -> None:
    with pytest.raises(InvalidValue):
        parse_target(url, LOCAL)


@each_case("entry", ["10.0.0.1/8", "a b", "https://receiver", "", "1.2.3", "receiver:80"])
def test_invalid_allowed_entry_is_refused(entry: str) -> None:
    with pytest.raises(InvalidValue):
        AllowedTargets((entry,))


@each_case("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_address_is_known(address: str) -> None:
    assert is_public(ip_address(address))


@each_case(
    "address",
    [
        *("fec0::1", "ff02::1", "::ffff:169.254.169.254", "240.0.0.1", "fe80::1%1"),
        *("192.0.0.192", "::ffff:192.0.0.192", "64:ff9b::c000:c0", "2002:c000:c0::", "192.88.99.1", "168.63.129.16"),
        *("3fff::1", "64:ff9b:1::7f00:1", "100::1", "5f00::1"),
    ],
)
def test_other_address_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_listed_name_may_resolve_to_a_private_address() -> None:
    assert LOCAL.permits("receiver", ip_address("192.168.0.7"))
    assert not LOCAL.permits("shop.example.com", ip_address("192.168.0.7"))
    assert LOCAL.permits("shop.example.com", ip_address("10.1.0.7"))
