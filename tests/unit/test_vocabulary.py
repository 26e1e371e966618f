"""Vocabulary: no name has a word that stood for a term of the field, and no sentence begins with a free relative."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cases import each_case

ROOT = Path(__file__).parents[2]
BANNED = {"told", "heard", "kept", "befall", "bell", "ear", "turn", "aside", "ahead", "desk", "whole", "inlet"}
BANNED_CLASSES = {"Once"}  # "once" is plain English in a name such as test_stock_is_released_once
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
SENTENCE = re.compile(r'(?:^\s*(?:[-*#|]+\s+)?|"""|\.\s+|[:!?]\s+)(?:Who|Whoever|What|Whatever)\b[^?]*?[.:|"]?$')
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("clients/*/*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/**/*.yaml")]
SOURCES = [
    path for folder in ("src", "tests", "tools", "benchmarks", "clients") for path in ROOT.glob(f"{folder}/**/*.py")
]


def names(source: str) -> Iterator[str]:
    """The names that the source defines; it is parsed only if a word of it is banned, because parsing is slow."""
    if not any(banned(word) for word in set(re.findall(r"\w+", source))):
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def banned(name: str) -> bool:
    words = WORD.findall(name)
    return bool(BANNED & {word.lower() for word in words} or BANNED_CLASSES & set(words))


def free_relatives(text: str) -> list[str]:
    return [line for line in text.splitlines() if SENTENCE.search(line)]


def test_no_module_has_a_banned_word() -> None:
    assert [
        path for path in SOURCES if any(banned(part) for part in path.relative_to(ROOT).with_suffix("").parts)
    ] == []


def test_no_name_has_a_banned_word() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}" for path in SOURCES for name in names(path.read_text()) if banned(name)
    }

    assert found == set()


@each_case("name", ["told_by", "MAX_AHEAD", "WholeNumber", "_kept", "Once", "OnceRequired", "Inlet"])
def test_banned_word_is_found(name: str) -> None:
    assert banned(name)
    assert [banned(found) for found in names(f"def f(x):\n    {name} = x")].count(True) == 1


@each_case("name", ["test_turns", "return_value", "at_once", "year", "search", "desktop", "holding"])
def test_plain_word_is_allowed(name: str) -> None:
    assert not banned(name)


def test_no_sentence_begins_with_a_free_relative() -> None:
    texts = [path for path in SOURCES if "src" in path.parts] + DOCUMENTS

    assert {str(path): found for path in texts if (found := free_relatives(path.read_text()))} == {}


@pytest.mark.parametrize(
    "line", ["Who sends slowly keeps a socket.", "It is rejected. Whoever asks gets 404.", "- What is stored: rows"]
)
def test_free_relative_is_found(line: str) -> None:
    assert free_relatives(line) == [line]
