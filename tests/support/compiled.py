"""Compilation of test modules and of URL rules, once each.

Test modules are compiled before the workers of a parallel run start, and each process compiles a URL rule once. pytest
rewrites the assertions of a module when it is imported first, which takes longer than all other parts of the
collection. In a new checkout every worker would do so for every module at the same time. For each rule of each
application, werkzeug compiles the functions that build its URL: two thirds of the time of `create_app`.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.assertion.rewrite import PYC_TAIL, get_cache_dir
from werkzeug.routing import Rule

FEW = 20  # modules that the workers compile themselves, such as those that were changed


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if config.getoption("numprocesses", None) and not sys.dont_write_bytecode and _missing(config.rootpath) > FEW:
        compile_modules(config.rootpath)


def compile_modules(root: Path) -> None:
    """Collect the tests in two processes, which leave the compiled modules behind; their failures are not reported."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    half = ["tests/contract/http", "tests/contract/cli"]
    others = ["tests", *(f"--ignore={folder}" for folder in half)]
    running = [
        subprocess.Popen([*command, *part], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for part in (half, others)
    ]
    for process in running:
        process.wait()


def _missing(root: Path) -> int:
    return sum(
        not (get_cache_dir(path) / f"{path.stem}{PYC_TAIL}").exists() for path in root.glob("tests/**/test_*.py")
    )


_compile_builder = Rule._compile_builder
_builders: dict[object, Callable[..., tuple[str, str]]] = {}


def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Return the function of an equal rule, because it takes the rule, and with it the converters, as its argument."""
    if rule.defaults:  # which become constants of the function
        return _compile_builder(rule, append_unknown)
    key = (*rule._trace, append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


setattr(Rule, "_compile_builder", builder)  # noqa: B010  # its type is that of a method
