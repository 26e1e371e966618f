"""What to say where a library is not installed. Imports nothing but the standard library: there may be nothing else."""


def not_installed(error: ImportError, *, extra: str) -> str:
    """Return which library is wanting, and how to get it."""
    library = (error.name or "a library").partition(".")[0]
    return f"{library} is not installed: pip install 'orders[{extra}]'"
