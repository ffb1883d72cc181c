"""How well an engine understands sentences that it has never seen.

Terms: an intent is *taken* if its confidence reaches `CHECK`, the bar of the `understand` step.
`intent_accuracy`: the right intent was taken, of all sentences that have one. `ranked_first`: it was the
likeliest, taken or not. `false_rejection`: nothing was taken although there was something.
`out_of_scope_recall`: nothing was taken, of the sentences that nobody serves. `sure_right`: right among those
that are taken without asking back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean, quantiles
from typing import Any

from dialogs.nodes.matters import CHECK, SURE
from ivr.understanding.examples import OUT_OF_SCOPE, Example
from ivr.understanding.port import Meaning, Understander
from ivr.understanding.readings import MOST_READINGS, together

DEADLINE = 30.0
"""Seconds for a sentence; evaluations are not in a hurry."""


@dataclass(frozen=True)
class Told:
    """One sentence, and what the engine made of it."""

    example: Example
    best: str
    """The likeliest intent that is not out of scope."""
    confidence: float
    seconds: float

    @property
    def taken(self) -> str:
        """What a flow would be told."""
        return self.best if self.confidence >= CHECK else OUT_OF_SCOPE

    @property
    def right(self) -> bool:
        return self.taken == self.example.intent


def evaluate(
    engine: Understander,
    sentences: Sequence[Example],
    language: str,
    heard: Sequence[Sequence[str]] | None = None,
) -> list[Told]:
    """Has every sentence parsed. `heard`: a recogniser's readings of each, instead of its text; none: nothing
    was heard. Raises `UnderstandingFailed`."""
    told = []
    for example, readings in zip(sentences, heard or [[one.text] for one in sentences], strict=True):
        began = time.perf_counter()
        parsed = [engine.parse(text, language, deadline=DEADLINE) for text in readings[:MOST_READINGS]]
        meaning = together(parsed, language) if parsed else Meaning(())
        seconds = time.perf_counter() - began
        best = next(((name, sure) for name, sure in meaning.intents if name != OUT_OF_SCOPE), ("", 0.0))
        told.append(Told(example, *best, seconds))
    return told


def report(told: Sequence[Told]) -> dict[str, Any]:
    """The figures, and F1 of each intent. Without sentences of a kind, its figures are `None`."""
    meant = [one for one in told if one.example.intent != OUT_OF_SCOPE]
    none = [one for one in told if one.example.intent == OUT_OF_SCOPE]
    sure = [one for one in meant if one.confidence >= SURE]
    milliseconds = [1000 * one.seconds for one in told]
    return {
        "sentences": len(meant),
        "intent_accuracy": _share([one.right for one in meant]),
        "ranked_first": _share([one.best == one.example.intent for one in meant]),
        "false_rejection": _share([one.taken == OUT_OF_SCOPE for one in meant]),
        "out_of_scope": len(none),
        "out_of_scope_recall": _share([one.right for one in none]),
        "sure": _share([one.confidence >= SURE for one in meant]),
        "sure_right": _share([one.right for one in sure]),
        "ms_p50": round(quantiles(milliseconds, n=2)[0], 2) if len(told) > 1 else None,
        "ms_p99": round(quantiles(milliseconds, n=100)[-1], 2) if len(told) > 1 else None,
        "f1": {name: _f1(told, name) for name in sorted({one.example.intent for one in told})},
    }


def _share(hits: Sequence[bool]) -> float | None:
    return round(mean(hits), 4) if hits else None


def _f1(told: Sequence[Told], name: str) -> float:
    both = sum(one.taken == name == one.example.intent for one in told)
    either = sum(one.taken == name for one in told) + sum(one.example.intent == name for one in told)
    return round(2 * both / either, 3) if either else 0.0


def picture(told: Sequence[Told], title: str) -> str:
    """The confusions as a picture (SVG): a row for what was meant, a column for what was taken."""
    names = sorted({one.example.intent for one in told} | {one.taken for one in told})
    counts = Counter((one.example.intent, one.taken) for one in told)
    totals = Counter(one.example.intent for one in told)
    cell, left, top = 30, 170, 150
    parts = [f'<text x="10" y="22" font-size="15">{escape(title)}</text>']
    for at, name in enumerate(names):
        x, y = left + at * cell, top + at * cell
        parts.append(f'<text x="{left - 8}" y="{y + 20}" text-anchor="end">{escape(name)}</text>')
        turned = f'transform="rotate(-60 {x + 14} {top - 8})"'
        parts.append(f'<text x="{x + 14}" y="{top - 8}" {turned}>{escape(name)}</text>')
    for row, meant in enumerate(names):
        for column, taken in enumerate(names):
            count = counts[meant, taken]
            shade = count / totals[meant] if totals[meant] else 0.0
            colour = "#2a7f62" if meant == taken else "#c0392b"
            x, y = left + column * cell, top + row * cell
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}" fill="{colour}" '
                f'fill-opacity="{max(0.06, shade):.2f}"/>'
            )
            if count:
                parts.append(f'<text x="{x + 14}" y="{y + 19}" text-anchor="middle">{count}</text>')
    width, height = left + len(names) * cell + 60, top + len(names) * cell + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(parts)}</svg>\n"
    )
