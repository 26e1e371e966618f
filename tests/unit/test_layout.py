"""Layout: no file, function or folder of the source is larger than the house allows."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
FILES = {path: path.read_text() for path in SOURCE.glob("**/*.py")}
MAX_FILE_LENGTH = 340  # lines
MAX_FUNCTION_LENGTH = 60  # lines
MAX_FOLDER_SIZE = 25  # modules, with __init__


def functions(source: str) -> Iterator[tuple[str, int]]:
    """The name and the number of lines of each function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_too_long() -> None:
    lengths = {path: len(text.splitlines()) for path, text in FILES.items()}

    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LENGTH} == {}


def test_no_function_is_too_long() -> None:
    long_files = {path: text for path, text in FILES.items() if len(text.splitlines()) > MAX_FUNCTION_LENGTH}

    assert [
        (path, name)
        for path, text in long_files.items()
        for name, length in functions(text)
        if length > MAX_FUNCTION_LENGTH
    ] == []


def test_no_folder_has_too_many_modules() -> None:
    tests = Path(__file__).parents[1].rglob("*.py")
    sizes = Counter(path.parent for path in (*FILES, *tests))

    assert {folder: size for folder, size in sizes.items() if size > MAX_FOLDER_SIZE} == {}
