"""Changes of an order by returns: units are authorized to come back, and received, or the rest is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from orders_domain.errors import Kind, OrdersError
from orders_domain.model import history
from orders_domain.model.life.changes import NotAllowed, NotShipped, ensure_units, returnable_units
from orders_domain.model.life.returns import Received, Return, sums
from orders_domain.model.life.state import checked_reason
from orders_domain.model.life.subject import Subject

if TYPE_CHECKING:
    from orders_domain.model.accounts.actor import Actor
    from orders_domain.model.values.json_values import JSON


class ReturnNotFound(OrdersError):
    kind = Kind.NOT_FOUND
    code = "return_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such return.")


def authorize_return(
    order: Subject, return_id: str, lines: Mapping[int, int], reason: str, *, by: Actor, at: datetime
) -> None:
    """Authorize shipped units to come back, by the number of their line. A hold does not prevent it.

    Raises:
        NotShipped: a line has fewer units that are shipped, and neither returned nor authorized to be.
        InvalidValue: there are no lines, there is no such line, a quantity is not a whole number of at least 1, or the
            reason is not a string of 1 to 200 storable characters.
    """
    text = checked_reason(reason)
    chosen = ensure_units(order, lines, returnable_units(order), refusal=NotShipped, noun="units to return")
    authorized = Return(id=return_id, lines=tuple(sorted(chosen.items())), reason=text)
    order.record(history.RETURN_AUTHORIZED, {"return": authorized.as_json()}, by=by, at=at)


def receive_return(
    order: Subject, return_id: str, received: Sequence[Received], *, by: Actor, at: datetime
) -> Mapping[int, int]:
    """Receive units of a return, in one or more parts; return those to restock, by the number of their line.

    Raises:
        ReturnNotFound: the order has no such return.
        NotAllowed: fewer units of a line may still come.
        InvalidValue: there are no lines, there is no such line, or a quantity is not a whole number of at least 1.
    """
    present = _find(order, return_id)
    for number, quantity, _ in received:
        ensure_units(order, {number: quantity}, {number: quantity})
    ensure_units(order, sums(received), present.open_units, refusal=NotAllowed, noun="units of this return to receive")
    units: list[JSON] = [list(part) for part in received]
    order.record(history.RETURN_RECEIVED, {"return_id": return_id, "received": units}, by=by, at=at)
    return sums(part for part in received if part[2])


def refuse_return(order: Subject, return_id: str, reason: str, *, by: Actor, at: datetime) -> None:
    """Refuse the units of a return that have not come; those received stay received.

    Raises:
        ReturnNotFound: the order has no such return.
        NotAllowed: no unit may still come.
        InvalidValue: the reason is not a string of 1 to 200 storable characters.
    """
    text = checked_reason(reason)
    present = _find(order, return_id)
    if not present.open_units:
        raise NotAllowed(f"The return is {present.state.value}; only one that is authorized can be refused.", order)
    order.record(history.RETURN_REFUSED, {"return_id": return_id, "reason": text}, by=by, at=at)


def _find(order: Subject, return_id: str) -> Return:
    found = next((known for known in order.life.returns if known.id == return_id), None)
    if found is None:
        raise ReturnNotFound
    return found
