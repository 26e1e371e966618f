"""Diagram of the lifecycle, drawn from the table of allowed transitions."""

from collections.abc import Iterator

from orders_domain.model.status import TRANSITIONS, OrderStatus

WIDTH, HEIGHT = 560, 256
BOX = (100, 36)
POSITIONS = {
    OrderStatus.PENDING: (60, 110),
    OrderStatus.CONFIRMED: (170, 110),
    OrderStatus.PAID: (280, 110),
    OrderStatus.SHIPPED: (390, 110),
    OrderStatus.DELIVERED: (500, 110),
    OrderStatus.CANCELED: (170, 220),
}
"""The middle of each box; a new status needs a position here."""

STYLE = (
    "rect{fill:#e0f2f1;stroke:#00695c;stroke-width:1.5}"
    ".final{stroke-width:3.5}"
    "path{fill:none;stroke:#37474f;stroke-width:1.5;marker-end:url(#arrow)}"
    "text{font:13px sans-serif;text-anchor:middle;fill:#102027}"
    ".background{fill:#fff;stroke:none}"
)
ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<polygon points="0,0 8,4 0,8" fill="#37474f"/></marker>'
)


def svg() -> str:
    """Return the diagram; a thick frame marks a final status."""
    description = "; ".join(f"{a.value} to {b.value}" for a, b in transitions())
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img">',
        f"<title>Lifecycle of an order</title><desc>{description}</desc>",
        f"<style>{STYLE}</style><defs>{ARROW}</defs>",
        f'<rect class="background" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        *(_edge(before, after) for before, after in transitions()),
        *map(_box, OrderStatus),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def transitions() -> Iterator[tuple[OrderStatus, OrderStatus]]:
    return ((before, after) for before in OrderStatus for after in OrderStatus if after in TRANSITIONS[before])


def _box(status: OrderStatus) -> str:
    x, y = POSITIONS[status]
    width, height = BOX
    kind = "" if TRANSITIONS[status] else ' class="final"'
    corner = f'x="{x - width // 2 + 4}" y="{y - height // 2}"'
    return (
        f'<rect{kind} {corner} width="{width - 8}" height="{height}" rx="5"/>'
        f'<text x="{x}" y="{y + 5}">{status.value}</text>'
    )


def _edge(before: OrderStatus, after: OrderStatus) -> str:
    """Draw a straight line to a neighbour, an arc above the boxes between, or a line down."""
    (x1, y1), (x2, y2) = POSITIONS[before], POSITIONS[after]
    half_width, half_height = BOX[0] // 2 - 4, BOX[1] // 2
    if y1 != y2:
        start = x1 + (x2 - x1) // 8
        return f'<path d="M{start},{y1 + half_height} L{x2 + (x1 - x2) // 4},{y2 - half_height}"/>'
    if x2 - x1 <= BOX[0] + 10:
        return f'<path d="M{x1 + half_width},{y1} L{x2 - half_width},{y2}"/>'
    top = y1 - half_height - (x2 - x1) // 3
    return f'<path d="M{x1},{y1 - half_height} C{x1},{top} {x2},{top} {x2},{y2 - half_height}"/>'
