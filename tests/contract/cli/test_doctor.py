"""orders doctor"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.contract.test_jwks import Provider
from tests.support.command import Ended, assert_error_line, in_a_process, orders
from tests.support.secrets import JWT_SECRET
from tests.support.servers.mail import MailServer

NOBODY = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1",
    "RABBITMQ_URL": "amqp://127.0.0.1:1",
}


class Grumpy(BaseHTTPRequestHandler):
    """An HTTP service that responds to every request with 404."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Write nothing to standard error."""


def report_of(ended: Ended) -> dict[str, str]:
    """The line of the report for each component; the report has no other lines."""
    assert ended.stderr == "", ended.stderr
    lines = [line.partition(" ") for line in ended.stdout.splitlines()]
    assert len({name for name, _, _ in lines}) == len(lines)
    return {name: rest.strip() for name, _, rest in lines}


def test_healthy_components_are_reported_fine(migrated: Path) -> None:
    ended = orders("doctor", here=migrated)

    assert ended.returncode == 0
    assert report_of(ended).keys() == {"settings", "database", "outbox", "cache", "broker", "data"}
    assert all(line.startswith("ok") for line in report_of(ended).values())


def test_unmigrated_database_names_the_command(tmp_path: Path) -> None:
    ended = orders("doctor", here=tmp_path)

    assert ended.returncode == 1
    assert "orders migrate" in report_of(ended)["database"]


@pytest.mark.parametrize(("variable", "part"), [*zip(NOBODY, ("database", "cache", "broker"), strict=True)])
def test_unreachable_component_is_reported(migrated: Path, variable: str, part: str) -> None:
    ended = orders("doctor", here=migrated, **{variable: NOBODY[variable]})

    assert ended.returncode == 1
    wrong = {name for name, line in report_of(ended).items() if not line.startswith("ok")}
    assert wrong - {"broker"} == {part} - {"broker"}
    assert ("broker" in wrong) == (variable != "REDIS_URL")  # with a database of its own, a broker must be set
    assert "refused" in report_of(ended)[part]


@pytest.mark.parametrize(
    ("rabbitmq", "brokers"), [({}, "Kafka for notifications"), ({"RABBITMQ_URL": NOBODY["RABBITMQ_URL"]}, "and Kafka")]
)
def test_unreachable_kafka_is_reported(migrated: Path, rabbitmq: dict[str, str], brokers: str) -> None:
    ended = in_a_process("doctor", here=migrated, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", **rabbitmq)

    assert ended.returncode == 1
    assert "Kafka does not respond" in report_of(ended)["broker"]
    assert ("Connection refused" in report_of(ended)["broker"]) == bool(rabbitmq)
    assert brokers in report_of(ended)["broker"]


def test_uncreatable_database_file_is_reported(tmp_path: Path) -> None:
    ended = orders("doctor", here=tmp_path, DATABASE_URL="sqlite:////no/such/folder/x.db", JWT_SECRET=JWT_SECRET)

    assert "unable to open database file" in report_of(ended)["database"]


@pytest.mark.parametrize(
    ("variable", "value", "part", "why"),
    [
        ("CATALOG_SERVICE_URL", "http://127.0.0.1:1", "catalogue", "Product Catalog Service cannot be reached"),
        ("SHIPMENT_SERVICE_URL", "http://127.0.0.1:1", "shipments", "Shipment Tracking Service cannot be reached"),
        ("SMTP_URL", "smtp://127.0.0.1:1", "mail", "does not respond"),
    ],
)
def test_unreachable_service_is_reported(migrated: Path, variable: str, value: str, part: str, why: str) -> None:
    ended = orders("doctor", here=migrated, **{variable: value})

    assert ended.returncode == 1
    assert why in report_of(ended)[part]
    assert "Connection refused" in report_of(ended)[part]
    assert {name for name, line in report_of(ended).items() if not line.startswith("ok")} == {part}


def test_reachable_services_are_reported_fine(migrated: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Grumpy)
    with ThreadPoolExecutor(1) as thread, MailServer() as mail:
        thread.submit(server.serve_forever)
        url = f"http://127.0.0.1:{server.server_port}/v1"
        ended = orders("doctor", here=migrated, CATALOG_SERVICE_URL=url, SHIPMENT_SERVICE_URL=url, SMTP_URL=mail.url)
        server.shutdown()
    server.server_close()

    assert ended.returncode == 0, ended
    assert all(f"{part:10} ok" in ended.stdout for part in ("catalogue", "shipments", "mail")), ended.stdout


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"DATABASE_READ_URL": NOBODY["DATABASE_URL"]}, "replica"),
        ({"JWT_ALGORITHM": "RS256", "JWT_JWKS_URL": "http://127.0.0.1:1/keys"}, "identity"),
        ({"CELERY_BROKER_URL": NOBODY["RABBITMQ_URL"]}, "jobs"),
    ],
)
def test_unreachable_optional_part_is_reported(migrated: Path, settings: dict[str, str], part: str) -> None:
    ended = orders("doctor", here=migrated, **settings)

    assert ended.returncode == 1
    assert "refused" in report_of(ended)[part]
    assert {name for name, line in report_of(ended).items() if not line.startswith("ok")} == {part}


def test_reachable_optional_parts_are_fine(migrated: Path) -> None:
    with closing(Provider()) as provider:
        ended = orders(
            "doctor",
            here=migrated,
            DATABASE_READ_URL=f"sqlite:///{migrated}/orders.db",
            JWT_JWKS_URL=provider.url,
            CELERY_BROKER_URL="memory://",
        )

    assert ended.returncode == 0, ended
    assert all(report_of(ended)[part].startswith("ok") for part in ("replica", "identity", "jobs"))


def test_failures_are_all_reported_together(tmp_path: Path) -> None:
    ended = orders("doctor", here=tmp_path, **NOBODY)

    assert ended.returncode == 1
    assert {name for name, line in report_of(ended).items() if not line.startswith("ok")} == {
        "database",
        "cache",
        "broker",
    }


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ORDERS_ENV", "prod"),
        ("ORDERS_MOUNTS", "orders=/a,/a"),
        ("ORDERS_MOUNTS", "store=/a"),
        ("DATABASE_URL", "mysql://h/x"),
        ("DATABASE_URL", "postgresql://[::1/x"),
        ("REDIS_URL", "redis://localhost:port"),
        ("REDIS_URL", "redis://localhost/abc"),
        ("RABBITMQ_URL", "amqp://localhost:port"),
        ("JWT_SECRET", "short"),
        ("JWT_PUBLIC_KEY", "not a key"),
    ],
)
def test_invalid_setting_is_named(migrated: Path, variable: str, value: str) -> None:
    ended = orders("doctor", here=migrated, **{variable: value})

    assert ended.returncode == 1
    wrong = [line for line in report_of(ended).values() if not line.startswith("ok")]
    assert len(wrong) == 1
    assert variable in wrong[0]


@pytest.mark.parametrize("command", ["doctor", "serve", "track"])
def test_unknown_kafka_option_is_named(command: str, tmp_path: Path) -> None:
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_OPTIONS": "log_level=0 foo=bar"}

    ended = in_a_process(command, here=tmp_path, MESSAGE_BROKER="kafka", **kafka)

    assert ended.returncode == 1
    assert len((ended.stdout + ended.stderr).splitlines()) == 1, ended
    assert 'KAFKA_OPTIONS cannot be used: No such configuration property: "foo".' in ended.stdout + ended.stderr


def test_conflicting_kafka_options_are_rejected(tmp_path: Path) -> None:
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA_OPTIONS": "session.timeout.ms=400000"}

    ended = in_a_process("track", here=tmp_path, MESSAGE_BROKER="kafka", **kafka)

    assert_error_line(ended, "KAFKA_OPTIONS cannot be used", "session.timeout.ms")


def test_secrets_are_not_printed(migrated: Path) -> None:
    url = "postgresql://ann:s3cret-word@127.0.0.1:1/x"

    ended = orders("doctor", here=migrated, DATABASE_URL=url, REDIS_URL="redis://:s3cret-word@127.0.0.1:1")

    assert "s3cret-word" not in ended.stdout + ended.stderr
