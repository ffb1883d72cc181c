"""How far to trust what was heard: sure, check or unsure.

Recognisers' confidences are not calibrated: Whisper gives e^(mean log-probability) of its tokens, Vosk
the mean of its words' posteriors; both say 0.9 for some mistakes and 0.4 for some right answers. So a
confidence alone never decides. What decides is how well the words fit the question:

| how the words fit                                          | sure from | check from |
|------------------------------------------------------------|-----------|------------|
| proven: a check digit fits (1 of 10 wrong numbers would)   | 0.25      | 0.10       |
| exact: the expected words, nothing else needed             | 0.40      | 0.15       |
| never asked back: a yes or a no                            | 0.35      | never      |
| bare: digits of a length that fits, no check digit         | 0.75      | 0.25       |
| mended: rescued by sound, or chosen among rival readings   | never     | 0.30       |
| mended and proven by a check digit                         | 0.60      | 0.20       |

Below `check`, the answer is not understood. A yes or a no is believed where others would be asked back: it
would only be asked for again, and what nobody asked is hardly more often taken for one
(docs/decisions/judging.md). The figures are set so that a mistake which passes as sure needs two
coincidences; calibrating them on recordings needs only this table.
"""

from __future__ import annotations

from typing import Literal

from dialogs.results import Band

Fit = Literal["proven", "exact", "never_asked_back", "bare", "mended", "mended_proven"]

_LIMITS: dict[Fit, tuple[float, float]] = {
    "proven": (0.25, 0.10),
    "exact": (0.40, 0.15),
    "never_asked_back": (0.35, 0.35),
    "bare": (0.75, 0.25),
    "mended": (2.0, 0.30),
    "mended_proven": (0.60, 0.20),
}

RIVAL_MARGIN = 0.1
"""Two readings whose confidences lie closer than this are rivals: the better one is only `mended`."""


def band(confidence: float, fit: Fit) -> Band:
    """The band of an answer that fits in that way, heard with that confidence (0 to 1)."""
    sure, check = _LIMITS[fit]
    if confidence >= sure:
        return "sure"
    return "check" if confidence >= check else "unsure"
