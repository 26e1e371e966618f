"""Life of an order, folded from its history: the units of its lines, and the sums of its payments."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.torture.checker.evidence import Row

SENT = ("SHIPPED", "DELIVERED")


@dataclass
class Units:
    """Units of one line of a product."""

    product: int
    quantity: int
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0
    awaited: int = 0  # authorized to come back
    restocked: int = 0

    @property
    def are_bounded(self) -> bool:
        returning = self.returned + self.awaited
        return self.shipped + self.cancelled <= self.quantity and self.returned <= returning <= self.shipped

    @property
    def counters(self) -> tuple[int, ...]:
        return self.quantity, self.shipped, self.cancelled, self.returned, self.awaited


@dataclass
class Life:
    """The state after an entry; `flaws` are the bounds that an entry exceeded."""

    lines: Mapping[int, Units]
    named: set[int] = field(default_factory=set)  # the lines that an entry names
    authorized: Counter[str] = field(default_factory=Counter)  # by provider
    authorizing: set[str] = field(default_factory=set)  # providers
    captured: Counter[str] = field(default_factory=Counter)  # by provider
    refunded: int = 0
    refunds: dict[str, Row] = field(default_factory=dict)
    returns: dict[str, Counter[int]] = field(default_factory=dict)  # by id: the units of each line that may still come
    is_held: bool = False
    flaws: list[str] = field(default_factory=list)

    @property
    def refunding(self) -> int:
        return sum(int(refund["amount_minor"]) for refund in self.refunds.values() if refund["state"] == "requested")

    @property
    def refundable(self) -> int:
        return self.captured.total() - self.refunded - self.refunding

    @property
    def released(self) -> Counter[int]:
        """The units that went back to stock while the order lives, by product."""
        units: Counter[int] = Counter()
        for line in self.lines.values():
            units[line.product] += line.cancelled + line.restocked
        return +units


def steps(row: Row, entries: Sequence[Row]) -> Iterator[tuple[Row, Life]]:
    """Each entry, with the life after it, which is the same object each time."""
    life = Life({number: Units(line[0], line[1]) for number, line in enumerate(row["lines"], start=1)})
    for entry in entries:
        _apply_hold(life, entry)
        _apply_units(life, entry)
        _apply_money(life, entry["details"])
        for number, units in life.lines.items():
            if not units.are_bounded:
                life.flaws.append(f"version {entry['version']}: line {number} has {units}")
        _apply_status(life, entry)
        _note_sums(life, entry)
        yield entry, life


def folded(row: Row, entries: Sequence[Row]) -> Life:
    """The life after the last of the entries, of which there must be one."""
    return list(steps(row, entries))[-1][1]


def facts_of(entry: Row) -> Row | None:
    """The payment fact that an entry records, if it does."""
    return entry["details"].get("payment") if entry["kind"] in ("payment_recorded", "refund_settled") else None


def _apply_hold(life: Life, entry: Row) -> None:
    """A held order is neither shipped, nor cancelled, nor confirmed."""
    if life.is_held and entry["kind"] in ("shipment_created", "lines_canceled", "canceled", "expired", "held"):
        life.flaws.append(f"version {entry['version']}: {entry['kind']}, while the order was held")
    if entry["kind"] in ("held", "released"):
        life.is_held = entry["kind"] == "held"


def _apply_units(life: Life, entry: Row) -> None:
    details, kind = entry["details"], entry["kind"]
    if kind == "lines_canceled":
        _add(life, "cancelled", details["lines"])
    elif kind == "shipment_created":
        _add(life, "shipped", details["shipment"]["lines"])
    elif kind == "return_authorized":
        _add(life, "awaited", details["return"]["lines"])
        life.returns[details["return"].get("id", "")] = Counter(dict(details["return"]["lines"]))
    elif kind == "return_refused":
        left = life.returns.pop(details["return_id"], Counter())
        _add(life, "awaited", [(number, -quantity) for number, quantity in left.items()])
    elif kind == "return_received":
        for number, quantity, restocked in details["received"]:
            life.returns.setdefault(details["return_id"], Counter())[number] -= quantity
            _add(life, "returned", [(number, quantity)])
            _add(life, "awaited", [(number, -quantity)])
            _add(life, "restocked", [(number, quantity * restocked)])


def _add(life: Life, name: str, lines: Sequence[Any]) -> None:
    for number, quantity in lines:
        life.named.add(number)
        units = life.lines[number]
        setattr(units, name, getattr(units, name) + quantity)


def _apply_status(life: Life, entry: Row) -> None:
    """Of an order that is shipped or canceled, no unit is open."""
    for units in life.lines.values():
        if entry["to_status"] in SENT:
            units.shipped = units.quantity - units.cancelled
        elif entry["to_status"] == "CANCELED":
            units.cancelled = units.quantity


def _apply_money(life: Life, details: Row) -> None:
    if fact := details.get("payment"):
        provider, amount = fact["provider"], int(fact["amount_minor"])
        if fact["kind"] in ("authorized", "voided"):
            life.authorizing |= {provider} if fact["kind"] == "authorized" else set()
            life.authorized[provider] += amount if fact["kind"] == "authorized" else -amount
        elif fact["kind"] == "captured":
            life.captured[provider] += amount
        elif fact["kind"] in ("refunded", "charged_back"):
            life.refunded += amount
    if refund := details.get("refund"):
        known = life.refunds.get(refund["id"])
        if known and refund["state"] == "requested" and known["state"] != "failed":
            life.flaws.append(f"refund {refund['id']} is asked for twice")
        life.refunds[refund["id"]] = refund


def _note_sums(life: Life, entry: Row) -> None:
    if life.refundable < 0:
        life.flaws.append(f"version {entry['version']}: {-life.refundable} more is refunded than captured")
    for provider in life.authorizing:
        if life.captured[provider] > life.authorized[provider]:
            life.flaws.append(f"version {entry['version']}: more is captured than {provider} has authorized")
    if any(units.shipped and units.cancelled + units.shipped > units.quantity for units in life.lines.values()):
        life.flaws.append(f"version {entry['version']}: shipped units are cancelled")
