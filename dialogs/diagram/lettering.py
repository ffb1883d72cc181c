"""How wide text is, without a font at hand, and how it is broken into lines."""

from __future__ import annotations

from collections.abc import Mapping

# Widths in thousandths of the letter size, a little wider than Helvetica and Arial, so that text fits in
# the fonts that a reader has instead.
_WIDTHS: Mapping[str, int] = {
    **dict.fromkeys("il.,:;'|!¡·", 330),
    **dict.fromkeys('fjt()[]{}/ -rí"“”', 380),
    **dict.fromkeys("mMW@—…%", 920),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZwÁÉÓÚÀÈÒÑÇ‹›→", 750),
}
_WIDTH = 610
"""Of every other letter."""
_WIDE = 1000
"""Of Hangul and other square letters."""


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """In the units of `size`, the letter size."""
    wide = sum(
        _WIDTHS.get(sign, _WIDE if sign >= "\u1100" and sign not in "‹›→…“”—" else _WIDTH) for sign in text
    )
    return wide * size / 1000 * (1.06 if bold else 1.0)


def wrapped(text: str, size: float, width: float, most: int = 0, *, bold: bool = False) -> list[str]:
    """Lines no wider than `width`, where words allow; at most `most` of them (0: as many as needed)."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if most and len(lines) > most:
        lines = lines[:most]
        while lines[-1] and width_of(f"{lines[-1]} …", size, bold=bold) > width:
            lines[-1] = lines[-1].rpartition(" ")[0]
        lines[-1] = f"{lines[-1]} …".strip()
    return lines
