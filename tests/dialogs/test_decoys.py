"""Sentences of the trade that hold a number, a day or a yes, and answer nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dialogs.results import Alternative, Heard, Match
from dialogs.slots import KINDS
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.kind import EXAMPLE_NOW

FOLDER = Path(__file__).parent / "tables" / "decoys"
LANGUAGES = ("es", "ca", "en")
ASKED: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "date": ({}, {"range": "past"}, {"range": "future"}),
    "digits": ({"length": 1}, {"min": 1, "max": 9}),
    "ticket_id": ({"length": 4, "letters": 2}, {"length": 4}),
    "amount": ({}, {"at_least": 10}),
    "time": ({}, {"earliest": "09:00", "latest": "18:00"}),
}
"""Kinds that are asked in more ways than their example."""
UNFIT = {"text"}
"""Free text takes whatever is said."""


def decoys(language: str) -> dict[str, str]:
    """What is said, and which kinds may ask it back."""
    found: dict[str, str] = YAML(typ="base").load((FOLDER / f"{language}.yaml").read_text("utf-8"))
    return found


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in UNFIT])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_kind_takes_them(language: str, kind: str) -> None:
    """Nothing is ever sure, and only what the table names is even asked back."""
    wrong = []
    for said, asked_back in decoys(language).items():
        for options in ASKED.get(kind, (KINDS[kind].example_options,)):
            asking = Asking(language, EXAMPLE_NOW, "ES", "+34612345678")
            found = KINDS[kind].model_validate(options).judge(Heard((Alternative(said, 0.9),)), asking)
            allowed = ("check",) if kind in asked_back.split() else ()
            if isinstance(found, Match) and found.band not in allowed:
                wrong.append((said, options, found.value, found.band))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_place_is_taken_from_them(language: str) -> None:
    """ "The second time I've called" chooses no second thing on offer."""
    offered = [Choice(name, str(n), {language: [f"{name}{n}xyz"]}) for n, name in enumerate("abcd", 1)]
    for said in decoys(language):
        assert not isinstance(choose(offered, Heard((Alternative(said, 0.9),)), language), Match), said


def test_there_are_enough() -> None:
    """Ten in each language at least, and most of them are taken by nobody."""
    for language in LANGUAGES:
        table = decoys(language)
        assert len(table) >= 25
        assert sum(not kinds for kinds in table.values()) >= 20
