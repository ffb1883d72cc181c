"""Opening hours: weeks, nights, holidays, exceptions, zones and clock changes, against a table by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.errors import FlowsInvalid

FILE = """calendars:
  office:
    days: {mon-thu: [09:00-14:00, 16:00-19:00], fri: 9:00-15:00}
    holidays: ES-CT
    dates: {2026-12-24: 09:00-13:00, 2026-12-25: 10:00-11:00, 2026-12-31: closed}
  night: {days: {fri-sat: "22:00-02:00", sun: "00:00-24:00"}, zone: Europe/Madrid}
  two: {days: {mon-sun: 00:00-24:00}, holidays: [ES, CA-QC]}
"""
MADRID = ZoneInfo("Europe/Madrid")
# (calendar, the site's wall clock, what it is)
TABLE = [
    ("office", "2026-11-23T08:59", "closed"),
    ("office", "2026-11-23T09:00", "open"),
    ("office", "2026-11-23T13:59", "open"),
    ("office", "2026-11-23T14:00", "closed"),
    ("office", "2026-11-23T18:59", "open"),
    ("office", "2026-11-27T14:59", "open"),
    ("office", "2026-11-27T16:30", "closed"),
    ("office", "2026-11-28T10:00", "closed"),  # Saturday
    ("office", "2026-09-11T10:00", "holiday"),  # Catalonia's
    ("office", "2026-12-08T03:00", "holiday"),  # Spain's
    ("office", "2026-12-24T12:59", "open"),
    ("office", "2026-12-24T13:00", "closed"),
    ("office", "2026-12-25T10:30", "open"),  # a date beats a holiday
    ("office", "2026-12-25T12:00", "closed"),
    ("office", "2026-12-31T10:00", "holiday"),  # an exception of no hours
    ("night", "2026-11-27T23:59", "open"),  # Friday
    ("night", "2026-11-28T01:59", "open"),
    ("night", "2026-11-28T02:00", "closed"),
    ("night", "2026-11-29T23:59", "open"),  # Sunday to its last minute
    ("night", "2026-11-30T00:00", "closed"),
    ("night", "2026-03-29T03:30", "open"),  # the Sunday of 23 hours
    ("two", "2026-06-24T10:00", "holiday"),  # Quebec's
    ("two", "2026-07-01T10:00", "holiday"),  # Canada's
    ("two", "2026-10-12T10:00", "holiday"),  # Spain's
    ("two", "2026-10-13T10:00", "open"),
]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    file = tmp_path_factory.mktemp("calendars") / "catalogue.yaml"
    file.write_text(FILE, encoding="utf-8")
    return load_catalogue(file)


@pytest.mark.parametrize(("name", "moment", "state"), TABLE)
def test_the_table(catalogue: Catalogue, name: str, moment: str, state: str) -> None:
    """Every kind of edge: the first and the last minute, past midnight, holidays of a region."""
    now = datetime.fromisoformat(moment).replace(tzinfo=MADRID)
    assert catalogue.calendars[name].at(now) == state


def test_a_calendar_with_a_zone_goes_by_its_own_clock(catalogue: Catalogue) -> None:
    """A site in the Canaries asks for Madrid's night: 22:30 there is 21:30 here."""
    canaries = datetime(2026, 11, 27, 21, 30, tzinfo=ZoneInfo("Atlantic/Canary"))
    assert catalogue.calendars["night"].at(canaries) == "open"
    assert catalogue.calendars["office"].at(canaries) == "closed"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("    days: {mon-thu: 9-18}", 3, "write `09:00-18:00`"),
        ("    days: {mon: 09:00-25:00}", 3, "write `09:00-18:00`"),
        ("    days: {mon: 09:00-24:30}", 3, "goes beyond the day"),
        ("    days: {mon: [09:00-14:00, 13:00-15:00]}", 3, "overlap"),
        ("    days: {lun: 09:00-14:00}", 3, "unknown day `lun`"),
        ("    days: {fri-mon: 09:00-14:00}", 3, "runs backwards"),
        ("    days: {mon-tue: closed, tue: 09:00-10:00}", 3, "`tue` stands twice"),
        ("    days: {mon: closed}\n    holidays: ES-CAT", 4, "did you mean `CT`"),
        ("    days: {mon: closed}\n    holidays: [ES, XX]", 4, "no holidays are known for `XX`"),
        ("    days: {mon: closed}\n    dates: {24-12-2026: closed}", 4, "write `2026-12-24`"),
        ("    days: {mon: closed}\n    zone: Madrid", 4, "unknown time zone"),
        ("    days: {mon: closed}\n    holiday: ES", 4, "did you mean `holidays`"),
        ("    holidays: ES", 2, "`days` is missing"),
    ],
)
def test_mistakes_have_a_line_and_a_remedy(tmp_path: Path, text: str, line: int, what: str) -> None:
    """Designers write calendars; each mistake is told at its place."""
    file = tmp_path / "catalogue.yaml"
    file.write_text(f"calendars:\n  office:\n{text}\n", encoding="utf-8")
    with pytest.raises(FlowsInvalid) as fault:
        load_catalogue(file)
    (problem,) = fault.value.problems
    assert problem.line == line
    assert what in problem.message
