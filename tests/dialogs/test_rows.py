"""Rows that were read out, named by what is in them: many phrasings, in three languages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dialogs.nodes.picking import ANOTHER_DAY, IN_FULL, Offer, these
from dialogs.nodes.row_phrases import row_phrases
from dialogs.nodes.row_values import Field, Row
from dialogs.nodes.rows import Meant, rows_meant
from dialogs.results import Alternative, Heard, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice
from dialogs.slots.date import Date
from tests.dialogs.flowtext import HEAD, problems

TABLE = YAML(typ="safe").load(Path(__file__).with_name("tables") / "rows" / "rows.yaml")
NOW = datetime(2026, 11, 23, 10)
ROWS = {
    name: tuple(Row(place, values) for place, values in enumerate(listed, 1))
    for name, listed in TABLE["rows"].items()
}
FIELDS = {
    name: tuple(Field(*field.split(" ")) for field in listed) for name, listed in TABLE["fields"].items()
}
CASES = [
    (language, name, said, meant)
    for name, by_language in TABLE["said"].items()
    for language, listed in by_language.items()
    for said, meant in listed.items()
]


def offer(name: str, *, in_full: bool = False) -> Offer:
    others = (Choice("other", "4", TABLE["others"]),)
    return Offer(ROWS[name], ROWS[name], FIELDS[name], others, TABLE["nouns"], in_full=in_full)


def heard(*texts: str, confidence: float = 0.9) -> Heard:
    return Heard(tuple(Alternative(text, confidence - 0.05 * at) for at, text in enumerate(texts)))


def shown(found: Match | NoMatch) -> str:
    """As the table writes it: `2`, `2?` for one to be asked back, `1,2` for several, `-` for none."""
    if isinstance(found, NoMatch):
        return f"- {found.reason}".strip()
    value = found.value.removeprefix("these:")
    return value if found.band == "sure" else f"{value}?"


@pytest.mark.parametrize(("language", "name", "said", "meant"), CASES)
def test_what_callers_say(language: str, name: str, said: str, meant: str) -> None:
    """Each phrasing means the row of the table, surely or to be asked back, and no other."""
    assert shown(offer(name).judge(heard(said), Asking(language, NOW))) == str(meant)


def test_there_are_thirty_phrasings_of_each_language() -> None:
    for language in ("es", "ca", "en"):
        assert sum(len(by_language[language]) for by_language in TABLE["said"].values()) >= 30


@pytest.mark.parametrize("language", ["es", "ca", "en"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_what_a_recogniser_expects_is_understood(language: str, name: str) -> None:
    """No phrase of the grammar means a row that has not its words; most mean one by themselves."""
    asking, rows, fields = Asking(language, NOW), ROWS[name], FIELDS[name]
    for row in rows:
        for phrase in row_phrases([row], fields, asking, ()):
            found = rows_meant(rows, fields, heard(phrase), asking, TABLE["nouns"])
            assert isinstance(found, Meant), phrase
            assert row.place in found.places, phrase


def test_rivals_of_the_recogniser_are_asked_back() -> None:
    """Two readings that are near and mean two rows: the better one is not sure."""
    found = offer("slots").judge(heard("a las once", "a las cuatro"), Asking("es", NOW))
    assert isinstance(found, Match)
    assert (found.value, found.band) == ("2", "check")
    apart = Heard((Alternative("a las once", 0.9), Alternative("a las cuatro", 0.3)))
    sure = offer("slots").judge(apart, Asking("es", NOW))
    assert isinstance(sure, Match)
    assert sure.band == "sure"


@pytest.mark.parametrize(("confidence", "band"), [(0.9, "sure"), (0.3, "check"), (0.05, None)])
def test_a_row_is_as_sure_as_it_was_heard(confidence: float, band: str | None) -> None:
    found = offer("slots").judge(heard("el jueves", confidence=confidence), Asking("es", NOW))
    assert (found.band if isinstance(found, Match) else None) == band


def test_a_whole_number_leads_to_its_question() -> None:
    """Only where the flow says which: else it is none of the rows."""
    said = heard("el siete ocho cero tres ocho siete")
    found = offer("orders", in_full=True).judge(said, Asking("es", NOW))
    assert isinstance(found, Match)
    assert found.value == IN_FULL
    assert shown(offer("orders").judge(said, Asking("es", NOW))) == "- not_offered"


def test_of_those_that_were_narrowed_down_another_may_be_meant() -> None:
    """Whoever is asked which of Tuesday's two, and says Thursday, has changed their mind."""
    slots = ROWS["slots"]
    narrowed = Offer(slots, slots[:2], FIELDS["slots"], (), ())
    assert shown(narrowed.judge(heard("mejor el jueves"), Asking("es", NOW))) == "3"
    assert shown(narrowed.judge(heard("la segunda"), Asking("es", NOW))) == "2"
    assert these((1, 2)) == "these:1,2"


WEEKS = ("2026-11-27", "2026-11-30", "2026-12-01", "2026-12-09")
NEXT_WEEK = [
    (
        "es",
        "la de la semana que viene",
        "la semana que viene no",
        "esta semana",
        "el lunes de la semana que viene",
    ),
    (
        "ca",
        "la de la setmana que ve",
        "la setmana que ve no",
        "aquesta setmana",
        "dilluns de la setmana que ve",
    ),
    ("en", "the one next week", "not next week", "this week", "Monday next week"),
]


def of_weeks(*days: str, day: Date | None = None) -> Offer:
    """Appointments on these days, at nine."""
    rows = tuple(Row(place, {"date": one, "time": "09:00"}) for place, one in enumerate(days, 1))
    return Offer(rows, rows, FIELDS["slots"], (), TABLE["nouns"], day=day)


@pytest.mark.parametrize(("language", "next_week", "not_then", "this_week", "monday"), NEXT_WEEK)
def test_a_week_is_the_rows_that_lie_in_it(
    language: str, next_week: str, not_then: str, this_week: str, monday: str
) -> None:
    """Of one it is that, of several which of these is asked; a week without any is not on offer."""
    asking = Asking(language, NOW)
    assert shown(of_weeks(*WEEKS).judge(heard(next_week), asking)) == "2,3"
    assert shown(of_weeks(*WEEKS).judge(heard(not_then), asking)) == "1,4"
    assert shown(of_weeks(*WEEKS).judge(heard(this_week), asking)) == "1"
    assert shown(of_weeks(*WEEKS).judge(heard(monday), asking)) == "2"
    assert shown(of_weeks(WEEKS[0], WEEKS[3]).judge(heard(next_week), asking)) == "- not_offered"


@pytest.mark.parametrize(
    ("language", "next_week", "this_week", "monday"),
    [
        ("es", "mejor la semana que viene", "esta semana", "el lunes de la semana que viene"),
        ("ca", "millor la setmana que ve", "aquesta setmana", "dilluns de la setmana que ve"),
        ("en", "well, next week please", "this week", "Monday next week"),
    ],
)
def test_a_week_leads_to_the_question_that_takes_one(
    language: str, next_week: str, this_week: str, monday: str
) -> None:
    """More of that week may be free than was read out; where all that was lies in it, one of these is meant.
    At a question for a day alone a week stays the rows in it."""
    asking, day = Asking(language, NOW), Date(range="future", weeks=True)
    assert shown(of_weeks(*WEEKS, day=day).judge(heard(next_week), asking)) == ANOTHER_DAY
    assert shown(of_weeks(*WEEKS[:2], day=day).judge(heard(this_week), asking)) == ANOTHER_DAY
    assert shown(of_weeks(*WEEKS[1:3], day=day).judge(heard(next_week), asking)) == "- several_fit"
    assert shown(of_weeks(*WEEKS, day=day).judge(heard(monday), asking)) == "2"
    plain = Date(range="future")
    assert shown(of_weeks(*WEEKS, day=plain).judge(heard(next_week), asking)) == "2,3"


PICK = """  - lookup: account
    by: {customer_number: "45716"}
    found: which
    missing: over
    slow: over
    error: over
  - pick: which
    from: account
    named_by: [label]
    prompt: {es: "Diga cuál."}
    row: {es: "{label}"}
  - id: over
    hangup: normal
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("from: account", "`account` has no rows"),
        ("from: acount", "unknown look-up `acount`"),
    ],
)
def test_what_is_wrong_with_a_pick_is_told(text: str, told: str) -> None:
    found = problems(HEAD + PICK.replace("from: account", text))
    assert any(told in problem.message for problem in found), found
