"""Rules of a commit message, as the commit-msg hook checks them."""

import subprocess
import sys
from pathlib import Path

from tools.check_commit_message import problems

from tests.support.cases import each_case

BODY = "\n\nA worker that is stopped must not publish an event twice.\n"
SCRIPT = Path(__file__).parents[2] / "tools" / "check_commit_message.py"


@each_case(
    "message",
    [
        f"Record published events at shutdown{BODY}",
        f"Bring the changelog into sections{BODY}",
        f"Process each shard by itself{BODY}",
        f"{'Add' + ' a' * 34}b{BODY}",  # 72 characters
        f"Re-read the table after a lost connection{BODY}# a comment of Git's\n",
        "Merge branch 'docs'\n",
        'Revert "Add a table."\n',
    ],
)
def test_valid_message_is_accepted(message: str) -> None:
    assert problems(message) == []


@each_case(
    ("message", "rule"),
    [
        (f"{'Add' + ' a' * 35}{BODY}", "The subject has 73 characters"),
        ("", "The subject has 0 characters"),
        (f"Add a table.{BODY}", "must not end with a period"),
        (f"Added a table{BODY}", "imperative verb"),
        (f"Adding a table{BODY}", "imperative verb"),
        (f"Adds a table{BODY}", "imperative verb"),
        (f"add a table{BODY}", "imperative verb"),
        (f"#12 table{BODY}", "imperative verb"),
        ("Add a table\nof settings\n\nBecause.\n", "The second line must be empty"),
        ("Add a table\n", "must have a body"),
        ("Add a table\n\n# Please enter the commit message\n", "must have a body"),
    ],
)
def test_invalid_message_is_rejected_with_reason(message: str, rule: str) -> None:
    assert any(rule in sentence for sentence in problems(message))


def test_script_fails_and_prints_the_reason(tmp_path: Path) -> None:
    message = tmp_path / "COMMIT_EDITMSG"
    message.write_text("Added a table.\n")

    ran = subprocess.run([sys.executable, SCRIPT, message], capture_output=True, text=True)

    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 3
