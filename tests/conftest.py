"""What all tests share: real parts, the closing lines of a run, and the clauses that tests show."""

pytest_plugins = ("pytester", "tests.parts.closing", "tests.parts.fixtures", "tests.clauses")
