"""Unknown settings: variables that look like misspelt settings, and those of other programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from orders_flask.settings import documentation
from orders_flask.unknown_settings import log_settings_advice, unknown_settings
from tests.support.command import environment, orders

MISSPELT = [
    ("ORDERS_MOUNT", "ORDERS_MOUNTS"),
    ("ORDER_MOUNTS", "ORDERS_MOUNTS"),
    ("ORDERS_ENVIRONMENT", "ORDERS_ENV"),
    ("ORDERS_THREAD_FILE", "ORDERS_THREADS_FILE"),
    ("JWT_SECERT", "JWT_SECRET"),
    ("JWT_SECRET_KEY", "JWT_SECRET"),
    ("CART_SNAPSHOT_SECRETS", "CART_SNAPSHOT_SECRET"),
    ("DATABSE_URL", "DATABASE_URL"),
    ("DATABASE_URI", "DATABASE_URL"),
    ("REDIS_URI", "REDIS_URL"),
    ("RABBITMQ_QUEUETYPE", "RABBITMQ_QUEUE_TYPE"),
    ("RABBIT_MQ_URL", "RABBITMQ_URL"),
    ("KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"),
    ("LOGLEVEL", "LOG_LEVEL"),
    ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
    ("log_format", "LOG_FORMAT"),
]
OF_OTHER_PROGRAMS = """
HOME HOSTNAME LANG LANGUAGE LC_ALL LOGNAME LS_COLORS MAIL OLDPWD PATH PWD SHELL SHLVL TERM TMPDIR TZ USER _ EDITOR PAGER
XDG_SESSION_ID XDG_RUNTIME_DIR XDG_DATA_DIRS XDG_CURRENT_DESKTOP DISPLAY WAYLAND_DISPLAY COLORTERM NO_COLOR COLUMNS
DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK SSH_CONNECTION SSH_CLIENT SSH_TTY SUDO_USER GPG_AGENT_INFO NOTIFY_SOCKET
INVOCATION_ID JOURNAL_STREAM LISTEN_FDS WATCHDOG_USEC CREDENTIALS_DIRECTORY MAKEFLAGS MAKELEVEL MFLAGS CI DEBUG PORT
HOST
http_proxy https_proxy no_proxy HTTP_PROXY NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE AWS_REGION AWS_SECRET_ACCESS_KEY
VIRTUAL_ENV VIRTUAL_ENV_PROMPT PYTHONPATH PYTHONUNBUFFERED PIP_INDEX_URL UV_CACHE_DIR PYENV_ROOT PYTEST_CURRENT_TEST
FLASK_APP FLASK_ENV FLASK_DEBUG DJANGO_SETTINGS_MODULE SECRET_KEY WEB_CONCURRENCY GUNICORN_CMD_ARGS GRANIAN_PORT DYNO
PROMETHEUS_MULTIPROC_DIR OTEL_EXPORTER_OTLP_ENDPOINT SENTRY_DSN LOG_FILE LOG_DIR DEFAULT_LOCALE TOKEN GITHUB_TOKEN
POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB PGHOST PGUSER PGPASSWORD PGDATABASE DATABASE_HOST DATABASE_NAME
DATABASE_USER REDIS_HOST REDIS_PASSWORD REDIS_TLS_URL REDIS_VERSION RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS
RABBITMQ_DEFAULT_VHOST
RABBITMQ_NODENAME RABBITMQ_LOGS RABBITMQ_VERSION RABBITMQ_PID_FILE KAFKA_HEAP_OPTS KAFKA_BROKER_ID KAFKA_LISTENERS
KAFKA_NODE_ID SMTP_HOST SMTP_PORT SMTP_USER SMTP_USERNAME SMTP_PASSWORD SMTP_SERVER SMTP_FROM CELERY_RESULT_BACKEND
CELERY_LOG_LEVEL TEST_DATABASE_URL TEST_REDIS_URL TEST_RABBITMQ_URL DATABASE_PUBLIC_URL DATABASE_PRIVATE_URL
GITHUB_ACTIONS GITHUB_WORKSPACE RUNNER_OS CI_COMMIT_SHA KUBERNETES_SERVICE_HOST KUBERNETES_PORT_443_TCP_ADDR
ORDERS_SERVICE_HOST ORDERS_SERVICE_PORT ORDERS_SERVICE_PORT_HTTP ORDERS_PORT_8000_TCP ORDERS_PORT_8000_TCP_ADDR
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "meant"), MISSPELT)
def test_misspelt_setting_is_named_with_a_guess(name: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")

    assert unknown_settings() == [f"{name} is not a setting of orders; did you mean {meant}?"]


def test_unknown_setting_is_named_without_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_X509", "x")

    assert unknown_settings() == ["JWT_X509 is not a setting of orders."]


def test_misspelt_setting_in_dotenv_is_named(here: Path) -> None:
    (here / ".env").write_text("ORDERS_MOUNT=orders=/orders\n")

    assert [sentence.split()[0] for sentence in unknown_settings()] == ["ORDERS_MOUNT"]


def test_variables_of_other_programs_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_OTHER_PROGRAMS.split():
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ORDERS_PORT", "tcp://10.0.0.7:8000")

    assert unknown_settings() == []


def test_settings_and_their_files_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _, _ in documentation():
        monkeypatch.setenv(name, "x")
        monkeypatch.setenv(f"{name}_FILE", "x")

    assert unknown_settings() == []


def test_current_environment_has_no_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    set_by_tests = [name for name in os.environ if name.startswith("ORDERS_")]  # set by the test run, such as a seed
    for name in set_by_tests:
        monkeypatch.delenv(name)

    assert unknown_settings() == []


def test_unknown_settings_are_one_log_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECERT", "x")
    monkeypatch.setenv("ORDERS_MOUNT", "x")

    with structlog.testing.capture_logs() as lines:
        log_settings_advice()

    (line,) = lines
    assert line["event"] == "settings.unrecognized"
    assert all(word in line["advice"] for word in ("JWT_SECRET?", "ORDERS_MOUNTS?"))


@pytest.mark.parametrize(("variables", "status"), [({}, 0), ({"JWT_SECRET": "short"}, 1)])
def test_doctor_names_a_misspelt_setting(variables: dict[str, str], status: int, here: Path) -> None:
    orders("migrate", here=here)

    ended = orders("doctor", here=here, ORDERS_MOUNT="x", **variables)

    assert ended.returncode == status
    assert "advice     ORDERS_MOUNT is not a setting of orders; did you mean ORDERS_MOUNTS?" in ended.stdout


def test_failed_start_names_a_misspelt_setting(here: Path) -> None:
    ended = orders("serve", here=here, ORDERS_ENV="production", JWT_SECERT="x")

    assert ended.returncode == 1
    assert "JWT_SECRET must be set" in ended.stderr
    assert ended.stderr.endswith("JWT_SECERT is not a setting of orders; did you mean JWT_SECRET?\n")


@pytest.mark.parametrize("module", [pytest.param("orders_flask.wsgi", marks=pytest.mark.deep), "orders_flask.asgi"])
def test_wsgi_and_asgi_start_warn_once(module: str, here: Path) -> None:
    command = [sys.executable, "-c", f"import {module}"]

    ran = subprocess.run(command, env=environment(ORDERS_MOUNT="x"), capture_output=True, text=True, timeout=60)

    (line,) = [json.loads(line) for line in ran.stderr.splitlines() if "ORDERS_MOUNT" in line]
    assert (line["event"], line["level"]) == ("settings.unrecognized", "warning")


def test_former_names_are_one_log_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_SECONDS", "60")
    monkeypatch.setenv("TRACKING_SOURCE_FILE", "file")
    monkeypatch.setenv("ORDERS_JOBS_QUEUE", "")

    with structlog.testing.capture_logs() as lines:
        log_settings_advice()

    (line,) = lines
    assert (line["event"], line["log_level"]) == ("settings.renamed", "warning")
    assert line["advice"] == (
        "TOKEN_SECONDS is the former name of TOKEN_TTL_SECONDS; the next release does not accept it. "
        "TRACKING_SOURCE_FILE is the former name of MESSAGE_BROKER_FILE; the next release does not accept it."
    )


def test_doctor_names_a_former_name(here: Path) -> None:
    orders("migrate", here=here)

    ended = orders("doctor", here=here, TOKEN_SECONDS="60")

    assert ended.returncode == 0
    assert "advice     TOKEN_SECONDS is the former name of TOKEN_TTL_SECONDS;" in ended.stdout
