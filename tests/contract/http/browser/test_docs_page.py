"""The documentation page of the demonstration, in Chromium."""

from tests.support.server import Served
from tests.support.servers.chromium import dumped


def test_docs_page_signs_in_as_an_account_of_the_demonstration(demonstration: Served) -> None:
    page = dumped(f"{demonstration.url}/docs/?as=ann")

    assert "Sign in as admin</button>" in page
    assert "Requests are sent as ann." in page
    assert "Place an order" in page
    assert 'class="btn authorize locked"' in page  # Swagger UI has a token
