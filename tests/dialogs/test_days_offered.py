"""At a question that offers days: by their place, their weekday, the earliest, and what is denied of them."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from datetime import datetime

import pytest

from dialogs.nodes.days_offered import among
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.date import Date
from tests.dialogs.flowtext import HEAD, problems

TUE, WED, THU = "2026-11-24", "2026-11-25", "2026-11-26"
CASES = {
    "es": """
        el primero = 2026-11-24? | la segunda opción = 2026-11-25 | el último = 2026-11-26? | el primer día = 2026-11-24
        | el martes = 2026-11-24 | el más temprano = 2026-11-24? | cuanto antes = 2026-11-24? | cualquiera = 2026-11-24?
        | el martes no = denied | no el martes = denied | menos el martes = denied | no puedo el martes = denied
        | el primero no = denied | el martes no, el jueves = 2026-11-26? | ni el martes ni el miércoles = 2026-11-26?
        | el martes no, el ocho de diciembre = 2026-12-08? | el ocho de diciembre = 2026-12-08 | el dos = 2026-12-02
        | el uno de diciembre = 2026-12-01 | mañana = 2026-11-24 | el viernes = 2026-11-27 | ninguno = none_of_these
        | el martes o el jueves = several | el perro del vecino = - | todos = one_by_one""",
    "ca": """
        el primer = 2026-11-24? | el segon = 2026-11-25 | l'últim = 2026-11-26? | dimarts = 2026-11-24
        | el més aviat possible = 2026-11-24? | qualsevol = 2026-11-24? | dimarts no = denied | el primer no = denied
        | dimarts no, dijous = 2026-11-26? | el vuit de desembre = 2026-12-08 | el gos del veí = -""",
    "en": """
        the first one = 2026-11-24 | the second = 2026-11-25? | the last one = 2026-11-26? | Tuesday = 2026-11-24
        | the earliest = 2026-11-24? | as soon as possible = 2026-11-24? | any of them = 2026-11-24?
        | not Tuesday = denied | not the first one = denied | not Tuesday, Thursday = 2026-11-26?
        | the eighth of December = 2026-12-08 | the dog next door = -""",
}


def told(
    language: str, said: str, *, today: str = "2026-11-23", days: tuple[str, ...] = (TUE, WED, THU)
) -> str:
    """The day, with a question mark where it is asked back; or why there is none."""
    asking = Asking(language, datetime.fromisoformat(f"{today}T10:00"))
    kind = Date(range="future", within_days=60)
    judge = among(days, lambda answer: kind.judge(answer, asking), asking)
    found = judge(Heard((Alternative(said, 0.95),)))
    if isinstance(found, NoMatch):
        return found.reason or "-"
    return found.value + ("?" if found.band == "check" else "")


@pytest.mark.parametrize(
    ("language", "said", "meant"),
    [
        (language, *map(str.strip, case.split("=")))
        for language, cases in CASES.items()
        for case in cases.split("|")
    ],
)
def test_what_is_said_of_the_days(language: str, said: str, meant: str) -> None:
    """Tuesday, Wednesday and Thursday were read out on a Monday."""
    assert told(language, said) == meant


def test_a_weekday_is_the_one_that_was_read_out() -> None:
    """On a Tuesday, with the days of next week on offer: asked back where this week has one to come."""
    days = ("2026-12-01", "2026-12-02")
    assert told("es", "el martes", today=TUE, days=days) == "2026-12-01"
    assert told("es", "el miércoles", today=TUE, days=days) == "2026-12-02?"
    assert told("es", "hoy", today=TUE, days=days) == TUE


def test_without_days_and_by_key_it_is_a_plain_question() -> None:
    """Nothing is on offer, or nothing is said."""
    assert told("es", "el primero", days=()) == "2026-12-01"
    judge = among((TUE,), lambda answer: Match("2026-12-03", "0312", "keys"), Asking("es"))
    assert judge(Keyed("0312")) == Match("2026-12-03", "0312", "keys")
    assert judge(Heard(())) == Match("2026-12-03", "0312", "keys")


def test_days_that_no_look_up_gives_are_a_mistake() -> None:
    """The checker names them, and where."""
    steps = """
  - ask: day
    type: date
    offered: [nowhere.day_1]
    prompt: {es: "¿Qué día?"}
"""
    found = problems(HEAD.replace("[es, ca, en]", "[es]") + steps)
    assert any("nowhere" in problem.message for problem in found), found
