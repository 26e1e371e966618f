"""Tiers of tests: a tier imports from itself and from tests/support, so that each one can be read and run alone."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TIERS = {folder.name for folder in TESTS.iterdir() if (folder / "__init__.py").exists()} - {"support"}


def test_no_tier_imports_from_another() -> None:
    imported = {
        (file.relative_to(TESTS).parts[0], tier)
        for file in TESTS.rglob("*.py")
        for tier in re.findall(r"^\s*(?:from|import) tests\.(\w+)", file.read_text(), re.MULTILINE)
    }

    assert len(TIERS) == 3
    assert {(importer, tier) for importer, tier in imported if tier in TIERS and importer != tier} == set()
