"""Private files: files that only their owner may read, whatever the umask is."""

import os
from pathlib import Path
from typing import BinaryIO, Literal

MODE = 0o600


def open_private(path: Path, mode: Literal["wb", "xb"]) -> BinaryIO:
    """Open a file for writing, with mode 0600, also if it exists with another mode.

    Raises:
        FileExistsError: the file exists, and ``mode`` is ``xb``.
        OSError: the file cannot be written.
    """
    # Not Path.open, which has no opener.
    file: BinaryIO = open(path, mode, opener=lambda name, flags: os.open(name, flags, MODE))  # noqa: SIM115
    os.fchmod(file.fileno(), MODE)  # a file that existed has kept its mode, and a umask may have removed ours
    return file


def create_private(path: Path) -> None:
    """Create an empty file with mode 0600, unless the file exists."""
    try:
        open_private(path, "xb").close()
    except FileExistsError:
        return


def is_private(path: Path) -> bool:
    """Return whether only the owner may read or write the file."""
    return not path.stat().st_mode & 0o077
