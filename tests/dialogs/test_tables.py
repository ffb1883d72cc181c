"""Every table of phrasings: what callers say, what it means, and how far it is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots import KINDS
from dialogs.slots.asking import Asking
from dialogs.slots.kind import EXAMPLE_NOW, SlotKind
from dialogs.slots.reasons import REASONS

FOLDER = Path(__file__).parent / "tables"
FILES = sorted(FOLDER.glob("*.yaml"))
LANGUAGES = ("es", "ca", "en")
LEAST = 40
"""Phrasings of every kind of answer in every language."""
LEAST_REFUSED = 8


def documents(file: Path) -> list[Mapping[str, Any]]:
    return list(YAML(typ="base").load_all(file.read_text("utf-8")))


def plain_options(value: Any) -> Any:
    """Options as a flow file gives them: figures and booleans are no text there."""
    if isinstance(value, dict):
        return {key: plain_options(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_options(item) for item in value]
    if not isinstance(value, str):
        return value
    return {"true": True, "false": False}.get(value, int(value) if value.isdecimal() else value)


def judged(kind: SlotKind, said: str, asking: Asking, confidence: float = 0.9) -> Match | NoMatch:
    return kind.judge(Heard((Alternative(said, confidence),)), asking)


def mistakes(file: Path) -> Iterator[str]:
    name, language = file.stem.split(".")
    for document in documents(file):
        options = document.get("options") or KINDS[name].example_options
        kind = KINDS[name].model_validate(plain_options(options))
        assert kind.mistake() is None
        now = datetime.fromisoformat(document["now"]) if "now" in document else EXAMPLE_NOW
        asking = Asking(language, now, document.get("region", "ES"), document.get("own_number", ""))
        for band in ("sure", "check"):
            for said, value in (document.get(band) or {}).items():
                found = judged(kind, said, asking)
                if not isinstance(found, Match) or (found.value, found.band) != (value, band):
                    yield f"{said!r}: wanted {value} {band}, got {found}"
        for said, reason in (document.get("refused") or {}).items():
            found = judged(kind, said, asking)
            if not isinstance(found, NoMatch) or (reason and found.reason != reason):
                yield f"{said!r}: wanted a miss ({reason}), got {found}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_callers_say(file: Path) -> None:
    """Each phrasing gives its value in its band; what is no answer is refused, with its reason."""
    assert "\n".join(mistakes(file)) == ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_table_is_as_large_as_promised(file: Path) -> None:
    """Forty phrasings that are understood, and eight that must not be."""
    found = documents(file)
    assert len({said for d in found for band in ("sure", "check") for said in d.get(band) or ()}) >= LEAST
    assert sum(len(d.get("refused") or ()) for d in found) >= LEAST_REFUSED


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_heard_badly_is_never_sure(file: Path) -> None:
    """The same words at a low confidence are asked back or not understood."""
    name, language = file.stem.split(".")
    for document in documents(file):
        kind = KINDS[name].model_validate(
            plain_options(document.get("options") or KINDS[name].example_options)
        )
        if kind.free_speech:
            continue
        asking = Asking(language, EXAMPLE_NOW, document.get("region", "ES"))
        for said in document.get("sure") or ():
            found = judged(kind, said, asking, 0.2)
            assert not isinstance(found, Match) or found.band == "check", said


OF_ROWS = {"not_offered", "one_by_one", "several_fit", "two_numbers"}
"""Reasons of several at once: of the step `pick` (test_rows.py), and of two references (test_digits.py)."""


def test_every_reason_of_a_miss_has_a_sentence() -> None:
    """Whoever was understood is told what is wrong, in every language."""
    told = {
        reason
        for file in FILES
        for document in documents(file)
        for reason in (document.get("refused") or {}).values()
        if reason
    }
    assert told | OF_ROWS == set(REASONS)
    for texts in REASONS.values():
        assert set(texts) == set(LANGUAGES)


def test_every_kind_has_its_tables() -> None:
    """A kind of answer without a table of what callers say is not finished."""
    elsewhere = {"yes_no", "digits"}  # test_yes_no.py, test_digits.py
    assert {file.stem for file in FILES} == {
        f"{k}.{lang}" for k in set(KINDS) - elsewhere for lang in LANGUAGES
    }
