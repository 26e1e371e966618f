"""Check of a commit message, for the commit-msg hook."""

import re
import sys
from pathlib import Path

MAX_SUBJECT_LENGTH = 72
_EXEMPT = re.compile(r"(Merge|Revert|fixup!|squash!|amend!) ")
_IMPERATIVE_DESPITE_ENDING = frozenset({"Bring", "Embed", "Exceed", "Feed", "Proceed", "Seed", "Speed"})


def problems(message: str) -> list[str]:
    """Return one sentence for each rule that the message breaks."""
    lines = [line.rstrip() for line in message.partition("\n# ------------------------ >8")[0].splitlines()]
    lines = [line for line in lines if not line.startswith("#")]
    subject = lines[0] if lines else ""
    if _EXEMPT.match(subject):
        return []
    checks = {
        f"The subject has {len(subject)} characters; it must have 1 to {MAX_SUBJECT_LENGTH}.": (
            not 1 <= len(subject) <= MAX_SUBJECT_LENGTH
        ),
        "The subject must not end with a period.": subject.endswith("."),
        "The subject must begin with an imperative verb and a capital letter, such as: Add, Fix, Remove.": (
            not _is_imperative(subject)
        ),
        "The second line must be empty.": len(lines) > 1 and lines[1] != "",
        "The message must have a body that says why the change is made.": not any(lines[2:]),
    }
    return [sentence for sentence, broken in checks.items() if broken]


def _is_imperative(subject: str) -> bool:
    """Judge by the ending of the first word: no past tense, no gerund, no third person."""
    verb = subject.partition(" ")[0]
    if verb in _IMPERATIVE_DESPITE_ENDING:
        return True
    return bool(re.fullmatch(r"[A-Z][a-z]+(-[a-z]+)?", verb)) and not re.search(r"(ed|ing|[^su]s)$", verb)


def main() -> None:
    """Check the file that Git names, and fail with one line for each problem."""
    sentences = problems(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    sys.exit(1 if sentences else 0)


if __name__ == "__main__":
    main()
