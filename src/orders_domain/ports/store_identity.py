"""Store identity port: distinguishes this store from every other, also from the one that it was restored from."""

from typing import Protocol


class StoreIdentity(Protocol):
    """Every method raises StoreUnavailable if the store is unavailable."""

    def get(self) -> str:
        """Return the identity, which is the same in every process until ``renew``."""
        ...

    def renew(self, *, gap: int) -> int:
        """Replace the identity, and skip ``gap`` numbers of orders and ids of products and templates.

        It returns the number that the next order gets at least.
        """
        ...
