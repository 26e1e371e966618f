"""Network address as clients are counted: one customer, one address."""

from orders_flask.web.proxies.client_address import counted_address
from tests.support.cases import each_case


@each_case(
    ("text", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
        ("64:ff9b::203.0.113.7", "203.0.113.7"),
        ("2001:db8:7:9::1", "2001:0db8:0007:0009"),
        ("2001:db8:7:9:ffff::1", "2001:0db8:0007:0009"),
        ("[2001:db8:7:9::1]", "2001:0db8:0007:0009"),
        ("[2001:db8:7:9::1]:443", "2001:0db8:0007:0009"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        (" 203.0.113.7 ", "203.0.113.7"),
    ],
)
def test_address_is_that_of_one_customer(text: str, counted: str) -> None:
    assert counted_address(text) == counted


@each_case("text", ["", "unknown", "unix:", "_hidden", "203.0.113.7:x", "1.2.3.4.5", "203.0.113.7, ::1"])
def test_text_without_address_counts_as_nobody(text: str) -> None:
    assert counted_address(text) is None
