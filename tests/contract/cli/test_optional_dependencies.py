"""Missing optional libraries: a one-line error that names the extra to install."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import Ended, assert_error_line, environment

CHECKOUT = Path(__file__).parents[3]
SOURCE = CHECKOUT / "src"


LACKING = """
import json, os, sys
from orders_flask.__main__ import main
import granian.server, orders_adapters.sql.migrate, orders_flask.app, orders_flask.cli.serve  # once for all cases
for line in sys.stdin:
    case = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(os.path.join(case["here"], name), os.O_WRONLY | os.O_CREAT), number)
    os.chdir(case["here"])
    os.environ.update(case["settings"])
    assert not any(name.partition(".")[0] == case["library"] for name in sys.modules), "it is imported already"
    sys.modules[case["library"]] = None  # as if it were not installed
    sys.argv = ["orders", case["command"]]
    main()
"""
"""Each line of standard input is a command and a library that it lacks; a child of this process runs it."""


@pytest.fixture(scope="module")
def launcher() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", LACKING]
    with subprocess.Popen(
        command,
        env=environment(PYTHONPATH=str(SOURCE)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


@pytest.fixture
def run_without(launcher: "subprocess.Popen[str]", tmp_path: Path) -> Callable[..., Ended]:
    """Run a command as if a library were not installed."""

    def run(library: str, command: str, **settings: str) -> Ended:
        assert launcher.stdin is not None
        assert launcher.stdout is not None
        case = {"library": library, "command": command, "here": str(tmp_path), "settings": settings}
        print(json.dumps(case), file=launcher.stdin, flush=True)
        status = int(launcher.stdout.readline())
        stdout, stderr = ((tmp_path / name).read_text() for name in ("stdout", "stderr"))
        return Ended(returncode=status, stdout=stdout, stderr=stderr)

    return run


@pytest.mark.parametrize(
    ("variable", "url", "library", "extra"),
    [
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x", "psycopg", "postgres"),
        ("REDIS_URL", "redis://127.0.0.1:1", "redis", "redis"),
        ("RABBITMQ_URL", "amqp://127.0.0.1:1", "pika", "rabbitmq"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1", "confluent_kafka", "kafka"),
        ("CELERY_BROKER_URL", "amqp://127.0.0.1:1", "celery", "celery"),
    ],
)
def test_missing_library_names_the_extra(
    run_without: Callable[..., Ended], variable: str, url: str, library: str, extra: str
) -> None:
    ended = run_without(library, "serve", **{variable: url})

    assert_error_line(ended, variable, library, f"{sys.executable} -m pip install --editable '{CHECKOUT}[{extra}]'")


@pytest.mark.parametrize(("command", "library"), [("track", "pika"), ("track", "confluent_kafka")])
def test_missing_worker_library_names_the_extra(run_without: Callable[..., Ended], command: str, library: str) -> None:
    kafka = {"MESSAGE_BROKER": "kafka", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    settings = kafka if library == "confluent_kafka" else {"RABBITMQ_URL": "amqp://127.0.0.1:1"}

    ended = run_without(library, command, **settings)

    assert_error_line(ended, library, "pip install")


def test_base_install_names_the_extra(tmp_path: Path) -> None:
    """As after `pip install .`: the source is present, but no package."""
    script = f"import sys; sys.path.insert(0, {str(SOURCE)!r}); from orders_flask.__main__ import main; main()"

    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )

    ended = Ended(returncode=ran.returncode, stdout=ran.stdout, stderr=ran.stderr)
    assert_error_line(ended, "is not installed", f"pip install --editable '{CHECKOUT}[flask]'")


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (None, "orders[redis]"),
        ({"url": "file:///tmp/orders-0.1.0.whl", "archive_info": {}}, "orders[redis] @ file:///tmp/orders-0.1.0.whl"),
        ({"url": "file:///home/ann/orders", "dir_info": {}}, "orders[redis] @ file:///home/ann/orders"),
        (
            {"url": "https://host/orders", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
            "orders[redis] @ git+https://host/orders@0a1b",
        ),
    ],
)
def test_installed_package_names_its_source(origin: dict[str, object] | None, source: str, tmp_path: Path) -> None:
    package, information = tmp_path / "orders_flask", tmp_path / "orders-0.1.0.dist-info"
    package.mkdir()
    information.mkdir()
    (package / "optional_dependencies.py").write_bytes(
        (SOURCE / "orders_flask" / "optional_dependencies.py").read_bytes()
    )
    (information / "METADATA").write_text("Metadata-Version: 2.4\nName: orders\nVersion: 0.1.0\n")
    if origin:
        (information / "direct_url.json").write_text(json.dumps(origin))
    script = "from orders_flask.optional_dependencies import missing_extra as n; "
    script += "print(n(ImportError(name='redis.x'), extra='redis'))"

    ran = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
    )

    assert ran.stdout == f"redis is not installed: {sys.executable} -m pip install '{source}'\n", ran.stderr
