"""`another_day` of a `pick`: a day that no row has leads to the question for it, with what was said."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialogs.nodes.picking import ANOTHER_DAY, Offer
from dialogs.nodes.row_values import Field, Row
from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice
from dialogs.slots.date import Date

NOW = datetime(2026, 11, 23, 10)
"""A Monday."""
ROWS = (
    Row(1, {"date": "2026-11-24", "time": "10:00"}),
    Row(2, {"date": "2026-11-24", "time": "12:00"}),
    Row(3, {"date": "2026-11-25", "time": "09:00"}),
)
OTHER = Choice("other_day", "4", {"es": ["otro día"], "ca": ["un altre dia"], "en": ["another day"]})
DAY = Date.model_validate({"range": "future", "within_days": 60})


def judged(said: str, language: str, sure: float = 0.95, day: Date | None = DAY) -> Match | NoMatch:
    offer = Offer(ROWS, ROWS, (Field("date", "date"), Field("time", "time")), (OTHER,), ("cita",), day=day)
    return offer.judge(Heard((Alternative(said, sure),)), Asking(language, NOW))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "el jueves"),
        ("es", "el jueves a las once"),
        ("es", "el jueves por la tarde"),
        ("es", "el dos de diciembre"),
        ("es", "pasado mañana no, mejor el viernes"),
        ("ca", "dijous"),
        ("ca", "el dos de desembre"),
        ("en", "Thursday at eleven"),
        ("en", "the second of December"),
    ],
)
def test_a_day_that_no_row_has(language: str, said: str) -> None:
    """Whatever time is said with it: that is asked once its free times are known."""
    found = judged(said, language)
    assert isinstance(found, Match), found
    assert (found.value, found.by) == (ANOTHER_DAY, "voice")
    without = judged(said, language, day=None)
    assert not isinstance(without, Match), "only where the step names a question for it"


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("es", "el miércoles", "3"),
        ("es", "el martes a las doce", "2"),
        ("es", "otro día", "other_day"),
        ("es", "la segunda", "2"),
        ("en", "Wednesday", "3"),
        ("en", "the first one", "1"),
        ("ca", "un altre dia", "other_day"),
    ],
)
def test_what_is_there_is_taken_as_before(language: str, said: str, wanted: str) -> None:
    found = judged(said, language)
    assert isinstance(found, Match), found
    assert found.value == wanted


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("el martes a las ocho", "not_offered"),
        ("a las ocho", "not_offered"),
        ("el treinta de febrero", "no_such_date"),
        ("dentro de un año", "too_far"),
        ("el coche azul", ""),
    ],
)
def test_what_is_no_other_day(said: str, reason: str) -> None:
    """A time that is not there on a day that is; a day that there is not, or that is too far: no part of it
    is another day."""
    found = judged(said, "es")
    assert isinstance(found, NoMatch), found
    assert found.reason == reason


def test_what_is_hardly_heard_is_no_day() -> None:
    assert isinstance(judged("el jueves", "es", sure=0.2), NoMatch)
