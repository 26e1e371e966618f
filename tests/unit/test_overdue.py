"""Test runs that hang: each ends, with the stacks of its threads."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """
    from tests.support import overdue

    pytest_plugins = ["pytest_timeout", "tests.support.overdue"]
    overdue.GRACE = 1.0
"""
FIXTURE = """
    import threading
    import pytest

    @pytest.fixture
    def never_left():
        yield
        threading.Event().wait()

    def test_that_fails(never_left):
        assert False
"""
EXECUTOR = """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    def test_that_is_never_left():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(threading.Event().wait).result()
"""
THREAD = """
    import threading

    def test_that_passes():
        threading.Thread(target=threading.Event().wait).start()
"""


@pytest.mark.parametrize(
    ("source", "function"),
    [(FIXTURE, "never_left"), (EXECUTOR, "test_that_is_never_left"), (THREAD, "_shutdown")],
    ids=["fixture of a failed test", "executor at the time limit", "thread at the end"],
)
def test_hanging_run_ends_with_its_stacks(
    source: str, function: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\ntimeout = 1")
    pytester.makepyfile(source)

    run = pytester.runpytest_subprocess(timeout=120)

    assert run.ret == 1
    run.stderr.fnmatch_lines(["Timeout (*)!", f"*in {function}"])
