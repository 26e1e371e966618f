"""Tables of cases in one test: for tests without a fixture, of which each costs more to report than to run."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any


def each_case(
    names: str | Sequence[str], cases: Iterable[Any], *, ids: Sequence[str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test with each case, as `pytest.mark.parametrize` does with a test each.

    All cases run. Each failure has a note that names its case, by its id if there are ids.
    """
    parameters = names.replace(" ", "").split(",") if isinstance(names, str) else list(names)
    table = [dict(zip(parameters, case if len(parameters) > 1 else (case,), strict=True)) for case in cases]
    labels = list(ids) if ids is not None else [", ".join(map(repr, case.values())) for case in table]
    assert table, "there must be a case"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(*arguments: Any, **others: Any) -> None:
            failures: list[Exception] = []
            for label, case in zip(labels, table, strict=True):
                try:
                    test(*arguments, **others, **case)
                except Exception as failure:  # noqa: BLE001 - reported below
                    failure.add_note(f"in the case {label[:300]}")
                    failures.append(failure)
            if len(failures) == 1:
                raise failures[0]
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(table)} cases failed", failures)

        signature = inspect.signature(test)
        rest = [parameter for name, parameter in signature.parameters.items() if name not in parameters]
        run.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return run

    return decorate
