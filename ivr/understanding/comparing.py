"""Two engines, or two versions, side by side: what a designer looks at before a model goes to callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

SHARES = ("intent_accuracy", "ranked_first", "false_rejection", "out_of_scope_recall", "sure", "sure_right")
"""The figures of a report that are shares."""
COLOURS = ("#8a8f98", "#2a7f62", "#1f5fa8", "#b8860b")
NOTEWORTHY = 0.02
"""Difference of an F1 from which it is told."""

Report = Mapping[str, Any]


def rows(reports: Mapping[str, Report], language: str) -> list[list[str]]:
    """A row for each figure: its name, what each report has, and the last one's gain over the first."""
    found = [one.get("languages", {}).get(language, {}) for one in reports.values()]
    told = [["model", *(str(one.get("model") or "-") for one in found), ""]]
    for name in SHARES:
        values = [one.get(name) for one in found]
        cells = ["-" if value is None else f"{value:.1%}" for value in values]
        told.append([name.replace("_", " "), *cells, _gain(values, "+.1%")])
    for name in sorted({intent for one in found for intent in one.get("f1", {})}):
        values = [one.get("f1", {}).get(name) for one in found]
        first, last = values[0], values[-1]
        if first is None or last is None or abs(last - first) >= NOTEWORTHY:
            cells = ["-" if value is None else f"{value:.2f}" for value in values]
            told.append([f"F1 {name}", *cells, _gain(values, "+.2f")])
    return told


def _gain(values: Sequence[float | None], form: str) -> str:
    first, last = values[0], values[-1]
    return "-" if first is None or last is None else format(last - first, form)


def picture(reports: Mapping[str, Report], language: str) -> str:
    """F1 of each intent as bars (SVG), one colour for each report."""
    found = {
        title: one.get("languages", {}).get(language, {}).get("f1", {}) for title, one in reports.items()
    }
    intents = sorted({intent for one in found.values() for intent in one})
    bar, left, wide, top = 9, 130, 400, 30 + 16 * len(found)
    block = bar * len(found) + 8
    parts = [f'<text x="10" y="20" font-size="15">{escape(language)}: F1 of each intent</text>']
    for at, title in enumerate(found):
        y, colour = 30 + 16 * at, COLOURS[at % len(COLOURS)]
        parts.append(f'<rect x="10" y="{y}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="26" y="{y + 9}">{escape(title)}</text>')
    for row, intent in enumerate(intents):
        y = top + 10 + row * block
        parts.append(f'<text x="{left - 8}" y="{y + 10}" text-anchor="end">{escape(intent)}</text>')
        for at, one in enumerate(found.values()):
            width, colour = round(wide * float(one.get(intent, 0.0))), COLOURS[at % len(COLOURS)]
            parts.append(
                f'<rect x="{left}" y="{y + at * bar}" width="{width}" height="{bar - 1}" fill="{colour}"/>'
                f'<text x="{left + width + 4}" y="{y + at * bar + 8}" font-size="9">'
                f"{float(one.get(intent, 0.0)):.2f}</text>"
            )
    height = top + 20 + block * len(intents)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 60}" height="{height}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(parts)}</svg>\n"
    )
