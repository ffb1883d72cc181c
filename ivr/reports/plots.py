"""Plots for the page of a report: plain SVG that scales, prints, and needs nothing else.

Colours tell things apart also in grey: what was good is dark, what was lost is light with a dark edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

GOOD, MIDDLE, LOST, LINE = "#1f6f5c", "#8fc1b5", "#f2b8a0", "#b3261e"
_EDGE = {LOST: "#8a3b1e"}
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 960, 300, 52, 52, 34, 62
_WIDEST = 72
"""Of a bar: one that fills the picture is no bar any more, and hides the goal."""


@dataclass(frozen=True)
class Series:
    """One kind of bars, or the line."""

    label: str
    colour: str
    values: Sequence[float]


def bars(
    title: str,
    labels: Sequence[str],
    stacked: Sequence[Series],
    *,
    line: Series | None = None,
    goal: tuple[float, str] | None = None,
    joined: bool = True,
) -> str:
    """Stacked bars by their counts; `line`: shares from 0 to 1, on the right axis, where they are defined
    (NaN is a gap); `joined`: rows follow each other in time. `goal`: a share to compare with, and its name.
    """
    highest = max((sum(values) for values in zip(*(one.values for one in stacked), strict=True)), default=0)
    top, step = _scale(highest)
    plot = _Plot(top, len(labels))
    parts = [plot.grid(step, percent=line is not None), plot.names(labels)]
    for n in range(len(labels)):
        base = 0.0
        for series in stacked:
            if series.values[n]:
                parts.append(plot.bar(n, base, series.values[n], series, labels[n]))
            base += series.values[n]
    legend = list(stacked)
    if line is not None:
        if goal is not None:
            parts.append(plot.goal(*goal))
        parts.append(plot.line(line, joined=joined))
        legend.append(line)
    return _svg(title, parts, legend, line)


def rows(title: str, labels: Sequence[str], values: Sequence[float], *, said: Sequence[str]) -> str:
    """One bar beside each name, as wide as its value; `said`: what stands at its end."""
    highest = max(values, default=0.0) or 1.0
    height = 40 + 24 * len(labels)
    parts = []
    for n, (label, value) in enumerate(zip(labels, values, strict=True)):
        y, width = 36 + 24 * n, 480 * value / highest
        parts.append(
            f'<text x="290" y="{y + 13}" text-anchor="end">{escape(_shortened(label, 44))}</text>'
            f'<rect x="300" y="{y}" width="{width:.1f}" height="18" fill="{GOOD}">'
            f"<title>{escape(f'{label}: {said[n]}')}</title></rect>"
            f'<text x="{306 + width:.1f}" y="{y + 13}">{escape(said[n])}</text>'
        )
    return _framed(title, height, "".join(parts))


class _Plot:
    def __init__(self, top: float, count: int) -> None:
        self.top, self.count = top, max(count, 1)
        self.wide = (_WIDTH - _LEFT - _RIGHT) / self.count

    def x(self, n: float) -> float:
        return _LEFT + self.wide * n

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / self.top

    def grid(self, step: float, *, percent: bool) -> str:
        parts = []
        value = 0.0
        while value <= self.top + step / 2:
            y = self.y(value)
            parts.append(
                f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
            )
            value += step
        for share in (0, 0.5, 1) if percent else ():
            y = self.y(share * self.top)
            parts.append(f'<text x="{_WIDTH - _RIGHT + 6}" y="{y + 4:.1f}">{share:.0%}</text>')
        return "".join(parts)

    def names(self, labels: Sequence[str]) -> str:
        """As many as there is room for; the first of each day in full."""
        every = max(1, math.ceil(len(labels) * 46 / (_WIDTH - _LEFT - _RIGHT)))
        day, parts = "", []
        for n, label in enumerate(labels):
            date, _, time = label.partition(" ")
            new_day, day = bool(time) and date != day, date
            if n % every and not new_day:
                continue
            x = self.x(n + 0.5)
            shown = time[:5] if time else _shortened(date[5:] if _is_day(date) else date, 9)
            parts.append(
                f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{escape(shown)}</text>'
            )
            if new_day:
                parts.append(
                    f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 32}" text-anchor="middle"'
                    f' font-weight="600">{escape(date)}</text>'
                )
        return "".join(parts)

    def bar(self, n: int, base: float, value: float, series: Series, label: str) -> str:
        width = min(self.wide - 2 * min(self.wide * 0.12, 4), _WIDEST)
        x, y = self.x(n + 0.5) - width / 2, self.y(base + value)
        edge = f' stroke="{_EDGE[series.colour]}"' if series.colour in _EDGE else ""
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{self.y(base) - y:.1f}" fill="{series.colour}"{edge}>'
            f"<title>{escape(f'{label}, {series.label}: {value:g}')}</title></rect>"
        )

    def goal(self, share: float, name: str) -> str:
        y = self.y(share * self.top)
        return (
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}" '
            f'stroke-dasharray="6 4" opacity="0.6"/>'
            f'<text x="{_WIDTH - _RIGHT - 6}" y="{y + 15:.1f}" text-anchor="end" fill="{LINE}" '
            f'stroke="#fff" stroke-width="3" paint-order="stroke">'
            f"{escape(name)}</text>"
        )

    def line(self, series: Series, *, joined: bool) -> str:
        """Points, joined if they follow each other in time."""
        parts: list[str] = []
        stretch: list[str] = []
        for n, value in enumerate([*series.values, math.nan]):
            if math.isnan(value):
                if stretch and joined:
                    points = " ".join(stretch)
                    parts.append(
                        f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="2"/>'
                    )
                stretch = []
                continue
            x, y = self.x(n + 0.5), self.y(value * self.top)
            stretch.append(f"{x:.1f},{y:.1f}")
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{LINE}"/>')
        return "".join(parts)


def _scale(highest: float) -> tuple[float, float]:
    """The axis's end and its step: 1, 2 or 5 times a power of ten, four to six of them."""
    if highest <= 0:
        return 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(highest / 4))
    step = next(factor * power for factor in (1, 2, 5, 10) if highest / (factor * power) <= 6)
    step = max(step, 1.0)
    return math.ceil(highest / step) * step, step


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _svg(title: str, parts: Sequence[str], legend: Sequence[Series], line: Series | None) -> str:
    x, shown = float(_LEFT), []
    for series in legend:
        if series is line:
            y = _HEIGHT - 12
            mark = f'<line x1="{x}" x2="{x + 12}" y1="{y}" y2="{y}" stroke="{LINE}" stroke-width="2"/>'
        else:
            edge = f' stroke="{_EDGE[series.colour]}"' if series.colour in _EDGE else ""
            mark = f'<rect x="{x}" y="{_HEIGHT - 18}" width="12" height="12" fill="{series.colour}"{edge}/>'
        shown.append(f'{mark}<text x="{x + 17}" y="{_HEIGHT - 8}">{escape(series.label)}</text>')
        x += 40 + 7.2 * len(series.label)
    return _framed(title, _HEIGHT, "".join((*parts, *shown)))


def _framed(title: str, height: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}" font-family="system-ui, sans-serif" font-size="12">'
        f'<text x="10" y="18" font-size="15" font-weight="600">{escape(title)}</text>{content}</svg>'
    )
