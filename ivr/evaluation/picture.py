"""The table of an evaluation as a picture: a bar for each line, grouped by set and language (plain SVG)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ivr.evaluation.hearing import Cell

_BAR, _GAP, _LEFT, _WIDTH = 16, 14, 250, 420
_RIGHT, _CHECK, _WRONG = "#2a7f62", "#9fd0b9", "#c0392b"


def picture(cells: Sequence[Cell], title: str, paces: Sequence[Cell] = ()) -> str:
    """Bars from 0 to 100 %: right and sure, right after asking back, wrong and sure; lines, then paces."""
    rows: list[str] = []
    y = 62
    group = ""
    for cell in (*cells, *paces):
        named = f"{cell.set}, {cell.language}, {'human' if cell.human else 'synthetic'}"
        named += ", by pace" if cell.condition.startswith("pace ") else ""
        if named != group:
            group = named
            y += _GAP
            rows.append(f'<text x="10" y="{y}" font-weight="bold">{escape(named)}</text>')
            y += 8
        rows += _bars(cell, y)
        y += _BAR + 4
    height = y + 20
    legend = _legend()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 120}" height="{height}" '
        'font-family="sans-serif" font-size="12">'
        '<rect width="100%" height="100%" fill="white"/>'
        f'<text x="10" y="22" font-size="15">{escape(title)}</text>'
        f"{legend}{''.join(rows)}</svg>\n"
    )


def _legend() -> str:
    parts = []
    for at, (colour, text) in enumerate(
        (
            (_RIGHT, "right, sure"),
            (_CHECK, "right, asked back"),
            (_WRONG, "wrong, sure (or taken for an answer)"),
        )
    ):
        x = 10 + at * 150
        parts.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 17}" y="45">{text}</text>')
    return "".join(parts)


def _bars(cell: Cell, y: int) -> list[str]:
    sure = cell.outcomes["right_sure"] / cell.items
    check = cell.outcomes["right_check"] / cell.items
    wrong = cell.accepted if cell.set == "nothing" else cell.wrong_sure
    parts = [f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(cell.condition)}</text>']
    x = float(_LEFT)
    for share, colour in ((sure, _RIGHT), (check, _CHECK)):
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{share * _WIDTH:.1f}" height="{_BAR}" fill="{colour}"/>'
        )
        x += share * _WIDTH
    if wrong:
        width = wrong * _WIDTH
        start = _LEFT + _WIDTH - width
        parts.append(f'<rect x="{start:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{_WRONG}"/>')
    shown = f"{wrong:.1%} taken" if cell.set == "nothing" else f"{cell.exact:.1%} of {cell.items}"
    parts.append(f'<text x="{_LEFT + _WIDTH + 8}" y="{y + 12}">{shown}</text>')
    return parts
