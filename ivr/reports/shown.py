"""Reports as tables, CSV and JSON. In CSV and JSON, times are seconds and shares fractions to the last digit,
and no name of a queue or an agent can become a spreadsheet's formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from data.exchange.sheets import tame
from ivr.reports.report import Column, Figure, Report
from ivr.reports.words import Words

NOTHING = "–"


def said(value: Figure, column: Column, words: Words) -> str:
    """As people read it: minutes and seconds, percents."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    match column.unit:
        case "seconds":
            return words.decimal(clock_time(float(value)))
        case "share":
            return words.decimal(f"{100 * float(value):.1f}") + " %"
        case "number":
            return words.decimal(f"{float(value):.2f}")
        case _:
            return str(value)


def clock_time(seconds: float) -> str:
    """`1:05`, `1:02:03`; below ten seconds with a tenth, which matters there."""
    if seconds == 0:
        return "0"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def as_json(report: Report) -> str:
    """One line."""
    record = {
        "report": report.name,
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "zone": str(report.period.zone),
        "terms": dict(report.terms),
        "rows": [_bare(report, row) for row in report.rows],
        "total": _figures(report, report.total) if report.total else None,
    }
    return json.dumps(record, ensure_ascii=False)


def _bare(report: Report, row: Mapping[str, Figure]) -> dict[str, Figure]:
    return {column.name: row.get(column.name) for column in report.all_columns}


def _figures(report: Report, row: Mapping[str, Figure]) -> dict[str, Figure]:
    return {column.name: row.get(column.name) for column in report.columns}


def as_csv(report: Report) -> str:
    """Columns by their names in code, which no language changes; the total has no keys and is left out."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = report.all_columns
    writer.writerow(column.name for column in columns)
    for row in report.rows:
        writer.writerow(
            "" if value is None else tame(value) for value in (row.get(column.name) for column in columns)
        )
    return out.getvalue()
