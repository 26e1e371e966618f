"""What all tests share: servers, the depth and the closing lines of a run, and the clauses that tests show."""

pytest_plugins = (
    "pytester",
    "tests.support.compiled",
    "tests.support.garbage",
    "tests.support.logs",
    "tests.support.overdue",
    "tests.support.report",
    "tests.support.depth",
    "tests.support.servers.shared",
    "tests.support.servers.fixtures",
    "tests.support.clauses",
)
