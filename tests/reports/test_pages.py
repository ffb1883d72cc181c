"""A report's page as people see it: bars that are bars, rows with something in them, tables of one size."""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from ivr.reports import plots
from ivr.reports.page import page
from ivr.reports.periods import Period
from ivr.reports.plots import Series
from ivr.reports.report import Column, Report
from ivr.reports.words import Words

DAY = Period(date(2026, 11, 23), date(2026, 11, 23), ZoneInfo("Europe/Madrid"))


def flows(rates: dict[str, float | None]) -> Report:
    """Steps with how often they were not understood; nobody has hung up."""
    rows = [{"step": name, "no_match_rate": rate, "drop_share": 0.0} for name, rate in rates.items()]
    columns = (Column("no_match_rate", "number"), Column("drop_share", "share"))
    return Report("flows", DAY, (Column("step", "text"),), columns, rows, terms={"share": 0.8})


@pytest.mark.parametrize("count", [1, 2, 5, 20, 96])
def test_a_bar_is_never_a_wall(count: int) -> None:
    """However few there are; it stands in the middle of its place, within the picture."""
    names = [f"queue {n}" for n in range(count)]
    drawn = plots.bars("t", names, [Series("answered", plots.GOOD, [3.0] * count)])
    found = re.findall(
        r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="[\d.]+" fill="[^"]+"><', drawn
    )
    assert len(found) == count
    room = (960 - 52 - 52) / count
    for n, (x, width) in enumerate((float(x), float(width)) for x, width in found):
        assert 0.75 * min(room, 72) < width <= min(room, 72)
        assert x + width / 2 == pytest.approx(52 + room * (n + 0.5), abs=0.2)


def test_the_worst_are_those_that_have_any_of_it() -> None:
    """No rows of zeros beside each other, and no empty picture; what is not defined is no zero."""
    shown = page(flows({"menu": 0.0, "number": 0.5, "pin": None, "postcode": 0.25}), Words("es"))
    (drawn,) = re.findall(r"<svg.*?</svg>", shown)
    assert re.findall(r'text-anchor="end">([^<]+)<', drawn) == ["number", "postcode"]
    assert "0.8" not in shown and "0,8" in shown
    assert "<svg" not in page(flows({"menu": 0.0, "pin": None}), Words("es"))


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (14, [14]), (15, [8, 7]), (30, [10, 10, 10])]
)
def test_many_columns_are_tables_of_about_one_size(count: int, sizes: list[int]) -> None:
    """No table of a single column behind a full one."""
    columns = tuple(Column(f"c{n}") for n in range(count))
    row = {"queue": "billing", **{column.name: 1 for column in columns}}
    report = Report("queues", DAY, (Column("queue", "text"),), columns, [row])
    heads = re.findall(r"<thead>(.*?)</thead>", page(report, Words("en")))
    assert [head.count("<th") - 1 for head in heads] == sizes
