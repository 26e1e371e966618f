"""User ids as JSON numbers, for clients whose users have integers as ids."""

MAX_EXACT = 2**53 - 1  # larger integers are not exact in JSON parsers that use doubles


def as_number(user_id: str | None) -> str | int | None:
    """Return a canonical whole number up to 2^53 - 1 as a number, and every other id unchanged: ``"7"`` is 7."""
    if user_id is None or len(user_id) > 16 or not (user_id.isascii() and user_id.isdigit()):
        return user_id
    number = int(user_id)
    return number if str(number) == user_id and number <= MAX_EXACT else user_id
