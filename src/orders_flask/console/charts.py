"""Charts as SVG, drawn on the server: columns over time, and horizontal bars; a table beside them has the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 12, 26
_BAR_HEIGHT, _BAR_GAP, _NAME_WIDTH, _VALUE_WIDTH = 18, 10, 190, 110
_MAX_NAME = 26  # characters
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure, its name, and the figure in words."""

    name: str
    value: int
    text: str


def columns(
    chart: str, title: str, figures: Sequence[Bar], *, axis: Callable[[int], str] = lambda value: f"{value:,}"
) -> str:
    """Return a chart with a column for each figure, at an axis of round numbers."""
    top = round_maximum(max((bar.value for bar in figures), default=0))
    inner, floor = WIDTH - _LEFT - _RIGHT, HEIGHT - _BOTTOM
    tall, step = floor - _TOP, inner / max(len(figures), 1)
    parts = [_grid_line(floor - tall * part / 4, axis(round(top * part / 4))) for part in range(5)]
    for position, bar in enumerate(figures):
        high = tall * bar.value / top
        parts.append(
            Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="1"><title>{}: {}</title></rect>').format(
                _number(_LEFT + position * step + step * 0.12),
                _number(floor - high),
                _number(step * 0.76),
                _number(high),
                bar.name,
                bar.text,
            )
        )
    every = max(-(-len(figures) // 6), 1)
    for position in range(0, len(figures), every):
        x = _number(_LEFT + (position + 0.5) * step)
        parts.append(
            Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                x, HEIGHT - 8, figures[position].name[5:]
            )
        )
    return _svg(chart, title, _described(figures), HEIGHT, parts)


def bars(chart: str, title: str, figures: Sequence[Bar]) -> str:
    """Return a chart with a horizontal bar for each figure, its name before it and its text behind it."""
    top = max((bar.value for bar in figures), default=0) or 1
    room = WIDTH - _NAME_WIDTH - _VALUE_WIDTH
    parts = []
    for position, bar in enumerate(figures):
        y = _BAR_GAP + position * (_BAR_HEIGHT + _BAR_GAP)
        long, middle = room * bar.value / top, y + _BAR_HEIGHT / 2 + 4
        name = bar.name if len(bar.name) <= _MAX_NAME else f"{bar.name[: _MAX_NAME - 1]}…"
        parts += [
            Markup('<text class="name" x="{}" y="{}" text-anchor="end">{}</text>').format(
                _NAME_WIDTH - 8, middle, name
            ),
            Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}: {}</title></rect>').format(
                _NAME_WIDTH, y, _number(long), _BAR_HEIGHT, bar.name, bar.text
            ),
            Markup('<text class="value" x="{}" y="{}">{}</text>').format(
                _number(_NAME_WIDTH + long + 6), middle, bar.text
            ),
        ]
    height = _BAR_GAP + len(figures) * (_BAR_HEIGHT + _BAR_GAP)
    return _svg(chart, title, _described(figures), height, parts)


def round_maximum(value: int) -> int:
    """Return the least round number that is not below the value, so that a quarter of it is whole."""
    size = 4
    while size * 10 < value:
        size *= 10
    return next((round(size * step) for step in _STEPS if size * step >= value), size * 10)


def _grid_line(y: float, text: str) -> str:
    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(_LEFT, WIDTH - _RIGHT, y=_number(y))
    return line + Markup('<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
        _LEFT - 6, _number(y + 4), text
    )


def _described(figures: Sequence[Bar]) -> str:
    """Return the chart in words, for readers of the screen."""
    if not any(bar.value for bar in figures):
        return "There is nothing in this period."
    largest = max(figures, key=lambda bar: bar.value)
    return f"{len(figures)} figures; the largest is {largest.text} ({largest.name}). The table has all of them."


def _svg(chart: str, title: str, description: str, height: int, parts: Sequence[str]) -> str:
    head = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{c}-title {c}-description">'
        '<title id="{c}-title">{}</title><desc id="{c}-description">{}</desc>'
    ).format(WIDTH, height, title, description, c=chart)
    return head + Markup("").join(parts) + Markup("</svg>")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
