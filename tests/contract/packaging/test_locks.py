"""Lock files: each requirement with an extra is pinned with that extra, for every supported pip.

pip before 23.3 resolves a requirement with an extra separately, and ignores a pin without the extra.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parents[3] / "requirements"
EXAMPLES = Path(sys.prefix) / "examples"
ENVIRONMENTS = [
    {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": system, "platform_system": name}
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system, name in (("linux", "Linux"), ("darwin", "Darwin"), ("win32", "Windows"))
]


def pins_of(lock: str) -> list[Requirement]:
    return [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if not line.startswith(" ")]


def can_apply(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**environment, "extra": extra}) for environment in ENVIRONMENTS for extra in extras | {""}
    )


def requirements_with_an_extra(pin: Requirement) -> Iterator[Requirement]:
    installed = next(iter(Distribution.discover(name=pin.name, path=[*sys.path, str(EXAMPLES)])), None)
    if installed is None:
        assert pin.marker, f"{pin.name} is locked for every system and is not installed"
        return
    for requirement in map(Requirement, installed.requires or []):
        if requirement.extras and can_apply(requirement, pin.extras):
            yield requirement


def without_their_extra(lock: str) -> list[str]:
    pins = pins_of(lock)
    pinned = {(canonicalize_name(pin.name), extra) for pin in pins for extra in pin.extras}
    return [
        f"{pin.name} requires {requirement.name}[{extra}]"
        for pin in pins
        for requirement in requirements_with_an_extra(pin)
        for extra in sorted(requirement.extras)
        if (canonicalize_name(requirement.name), extra) not in pinned
    ]


@pytest.mark.parametrize(("name", "minimum"), [("run.txt", 30), ("dev.txt", 100), ("examples.txt", 10)])
def test_lock_pins_required_extras(name: str, minimum: int) -> None:
    lock = (REQUIREMENTS / name).read_text()

    assert len(pins_of(lock)) > minimum
    assert without_their_extra(lock) == []


def test_lock_without_extras_is_detected() -> None:
    lock = (REQUIREMENTS / "dev.txt").read_text()

    stripped = re.sub(r"^([a-z0-9-]+)\[[^]]*\]==", r"\1==", lock, flags=re.MULTILINE)

    assert "pytest-cov requires coverage[toml]" in without_their_extra(stripped)
    assert "flask-smorest requires apispec[marshmallow]" in without_their_extra(stripped)


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "examples.txt"])
def test_lock_names_no_index(name: str) -> None:
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links", (REQUIREMENTS / name).read_text())
