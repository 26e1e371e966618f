"""Test support: discovery of servers, report, skips in CI, and clauses."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cases import each_case
from tests.support.depth import LONG, WAITING, other_twins
from tests.support.servers.discovery import Part, Unavailable, find
from tests.support.servers.naming import DATABASE, DAY, left_by_a_dead_run


@dataclass
class Address:
    """A server that consists of its address."""

    url: str


def part(*, answering: set[str], throwaway: AbstractContextManager[Address] | None = None) -> Part:
    """A server with two usual addresses, which answers at the given ones."""

    def version_at(url: str) -> str:
        if url not in answering:
            raise Unavailable(f"nobody at {url}")
        return "7.0"

    def start() -> AbstractContextManager[Address]:
        if throwaway is None:
            raise Unavailable("not installed")
        return throwaway

    usual = ("redis://usual:1", "redis://usual:2")
    return Part(name="Redis", variable="TEST_REDIS_URL", usual=usual, version_at=version_at, throwaway=start)


class TestDiscovery:
    def test_environment_address_comes_first(self) -> None:
        everywhere = part(answering={"redis://named:1", "redis://usual:1"})

        with ExitStack() as stack:
            server = find(everywhere, until=stack, environment={"TEST_REDIS_URL": "redis://named:1"})

        assert str(server) == "Redis 7.0 at named:1 (named by TEST_REDIS_URL)"

    def test_environment_address_has_no_fallback(self) -> None:
        elsewhere = part(answering={"redis://usual:1"})

        with ExitStack() as stack, pytest.raises(Unavailable, match="nobody at redis://named:1"):
            find(elsewhere, until=stack, environment={"TEST_REDIS_URL": "redis://named:1"})

    def test_running_server_is_used_before_a_new_one(self) -> None:
        listening = part(answering={"redis://usual:2"}, throwaway=nullcontext(Address("redis://own:1")))

        with ExitStack() as stack:
            server = find(listening, until=stack, environment={})

        assert str(server) == "Redis 7.0 at usual:2 (listening already)"

    def test_started_server_is_stopped_at_the_end(self) -> None:
        lived = []

        @contextmanager
        def own() -> Iterator[Address]:
            lived.append("started")
            yield Address("redis://own:1")
            lived.append("stopped")

        with ExitStack() as stack:
            server = find(part(answering={"redis://own:1"}, throwaway=own()), until=stack, environment={})
            assert str(server) == "Redis 7.0 at own:1 (started for this run)"
            assert lived == ["started"]

        assert lived == ["started", "stopped"]

    def test_missing_server_lists_every_attempt(self) -> None:
        with ExitStack() as stack, pytest.raises(Unavailable) as refusal:
            find(part(answering=set()), until=stack, environment={})

        assert str(refusal.value) == "nobody at redis://usual:1; nobody at redis://usual:2; not installed"

    def test_report_hides_the_password(self) -> None:
        secret = "redis://:hunter2@named:1"

        with ExitStack() as stack:
            server = find(part(answering={secret}), until=stack, environment={"TEST_REDIS_URL": secret})

        assert "hunter2" not in str(server)


class TestStaleDatabases:
    began = int(DATABASE.removeprefix("orders_test_")[:8], 16)

    def test_database_older_than_a_day_is_stale(self) -> None:
        assert left_by_a_dead_run(DATABASE, now=self.began + DAY + 1)
        assert left_by_a_dead_run(f"{DATABASE}_12", now=self.began + DAY + 1)

    def test_younger_database_is_not_stale(self) -> None:
        assert not left_by_a_dead_run(DATABASE, now=self.began + DAY)

    @pytest.mark.parametrize(
        "name",
        ["orders", "orders_test_", "orders_test_mine", f"my_{DATABASE}", f"{DATABASE}_bak"],
        ids=["orders", "no token", "another name", "longer before", "longer after"],
    )
    def test_foreign_database_is_not_stale(self, name: str) -> None:
        assert not left_by_a_dead_run(name, now=self.began + 1000 * DAY)


NO_FURTHER_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"  # schemathesis's plugin would cost half a second

WANTING = """
    import pytest
    from tests.support.report import for_want_of, used

    @pytest.fixture(scope="session")
    def broker():
        for_want_of("RabbitMQ", why="not installed")

    @pytest.fixture(scope="session")
    def cache(pytestconfig):
        used(pytestconfig, "Redis 7.0 at 127.0.0.1:6379 (listening already)")

    def test_publishes(broker): ...
    def test_confirms(broker): ...
    def test_caches(cache): ...
"""


class TestReport:
    @pytest.fixture(autouse=True)
    def closing(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        pytester.makeconftest('pytest_plugins = ["tests.support.report"]')
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setenv(NO_FURTHER_PLUGINS, "1")

    def test_missing_server_is_reported_with_test_count(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(WANTING)

        run = pytester.runpytest()

        run.stdout.fnmatch_lines(["Not run for want of: RabbitMQ (not installed): 2 tests"])
        assert run.ret == pytest.ExitCode.OK

    def test_used_servers_are_reported(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(WANTING)

        run = pytester.runpytest()

        run.stdout.fnmatch_lines(["Real parts: Redis 7.0 at 127.0.0.1:6379 (listening already)"])

    @pytest.mark.parametrize(
        "skipping",
        [
            WANTING,
            "import pytest\n@pytest.mark.skip(reason='later')\ndef test_promised(): ...\ndef test_kept(): ...",
            "import pytest\npytest.importorskip('no_such_library')\ndef test_kept(): ...",
        ],
        ids=["for want of a part", "by a mark", "by a module"],
    )
    def test_skip_in_ci_is_a_failure(
        self, skipping: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", "true")
        pytester.makepyfile(skipping)
        pytester.makepyfile(test_another="def test_passes(): ...")

        run = pytester.runpytest()

        run.stdout.fnmatch_lines(["CI: * skipped, and in CI nothing may be: this run has failed."])
        assert run.ret == pytest.ExitCode.TESTS_FAILED

    def test_run_in_ci_without_skips_passes(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        pytester.makepyfile("def test_passes(): ...")

        run = pytester.runpytest()

        run.stdout.no_fnmatch_line("CI:*")
        assert run.ret == pytest.ExitCode.OK


class TestClauses:
    @pytest.fixture(autouse=True)
    def two_clauses(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(NO_FURTHER_PLUGINS, "1")
        pytester.makeconftest('pytest_plugins = ["tests.support.clauses"]')
        pytester.makeini("[pytest]\nmarkers = clause(id)")
        docs = pytester.mkdir("docs")
        (docs / "clauses.md").write_text(
            "| id | clause |\n| --- | --- |\n| 000-01 | Orders live |\n| 000-02 | Found |\n"
        )

    def test_clauses_are_listed_without_running_tests(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            test_orders="""
            import pytest
            @pytest.mark.clause("000-01")
            @pytest.mark.parametrize("stack", ["embedded", "real"])
            def test_lives(stack): raise AssertionError("this was run")
            @pytest.mark.clause("000-01", "000-02")
            def test_found(): raise AssertionError("this was run")
            """
        )

        run = pytester.runpytest("--clauses")

        run.stdout.fnmatch_lines(
            [
                "000-01  Orders live",
                "*test_orders.py::test_lives (2 variants)",
                "*test_orders.py::test_found",
                "000-02  Found",
                "*test_orders.py::test_found",
                "2 clauses, 0 faults.",
            ]
        )
        assert run.ret == pytest.ExitCode.OK

    def test_clause_without_test_is_an_error(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile("import pytest\n@pytest.mark.clause('000-01')\ndef test_lives(): ...")

        run = pytester.runpytest("--clauses")

        run.stdout.fnmatch_lines(["000-02 has no test.", "2 clauses, 1 faults."])
        assert run.ret == pytest.ExitCode.TESTS_FAILED

    def test_mark_of_unknown_clause_is_an_error(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile("import pytest\n@pytest.mark.clause('000-01', '000-02', '000-99')\ndef test_lives(): ...")

        run = pytester.runpytest("--clauses")

        run.stdout.fnmatch_lines(["000-99 is not in docs/clauses.md, but on *::test_lives."])
        assert run.ret == pytest.ExitCode.TESTS_FAILED


def test_waiting_tests_are_files_or_folders_that_exist() -> None:
    root = Path(__file__).parents[2]

    assert [path for path in LONG + WAITING if not (root / path).exists()] == []


STACKED = """
import pytest

@pytest.fixture(params=["embedded", "real"])
def stack(request):
    return request.param

def test_one(stack):
    pass

@pytest.mark.parametrize("case", range(3))
def test_table(stack, case):
    pass

@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_redis(stack):
    pass

@pytest.mark.parametrize("address", ["postgresql", "sqlite"])
def test_schema(address):
    pass

@pytest.mark.alternate
@pytest.mark.parametrize("address", ["postgresql", "sqlite"])
@pytest.mark.parametrize("case", range(2))
def test_migration(address, case):
    pass
"""


def test_cases_alternate_between_twins(pytester: pytest.Pytester) -> None:
    items = pytester.getitems(STACKED)

    stacks = {"test_one[real]", "test_table[embedded-0]", "test_table[real-1]", "test_table[embedded-2]"}
    assert {item.name for item in other_twins(items)} == stacks | {
        "test_migration[0-sqlite]",
        "test_migration[1-postgresql]",
    }


def test_each_case_runs_and_each_failure_is_named() -> None:
    seen: list[int] = []

    @each_case("number", [1, 2, 3])
    def only_two(number: int) -> None:
        seen.append(number)
        assert number == 2

    with pytest.raises(ExceptionGroup) as failures:
        only_two()

    assert seen == [1, 2, 3]
    assert [failure.__notes__ for failure in failures.value.exceptions] == [["in the case 1"], ["in the case 3"]]
