"""The score card by which recordings are reviewed: `score_card.yaml` beside the flows, or the one here.

greeting: 2        # criterion: the most points it can have
listening: 4
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FILE = "score_card.yaml"
DEFAULT: Mapping[str, int] = {"greeting": 2, "identity": 3, "listening": 5, "solution": 8, "closing": 2}
_MOST_POINTS = 100


def score_card(folder: Path) -> Mapping[str, int]:
    """Criterion → the most points. Raises `ValueError` for a file that is no card."""
    file = folder / FILE
    if not file.exists():
        return DEFAULT
    try:
        card = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, OSError, UnicodeDecodeError) as fault:
        raise ValueError(f"{file} cannot be read ({str(fault).splitlines()[0]})") from None
    fits = isinstance(card, dict) and card and all(map(_is_criterion, card.items()))
    if not fits:
        raise ValueError(f"{file} is no score card: one line `criterion: most points` for each, 1 to 100")
    return dict(card)


def _is_criterion(item: tuple[object, object]) -> bool:
    name, most = item
    return isinstance(name, str) and type(most) is int and 1 <= most <= _MOST_POINTS


def scored(card: Mapping[str, int], given: Sequence[str]) -> dict[str, int]:
    """The points of `criterion=points`, one for each criterion of the card. Raises `ValueError`."""
    points: dict[str, int] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if name not in card:
            raise ValueError(f"{name!r} is not on the score card: {', '.join(card)}")
        if not equals or not (text.isascii() and text.isdigit()) or int(text) > card[name]:
            raise ValueError(f"{one!r}: give {name}=points, 0 to {card[name]}")
        points[name] = int(text)
    if missing := [name for name in card if name not in points]:
        raise ValueError(f"a review has points for each criterion: {', '.join(missing)} missing (--score)")
    return points
