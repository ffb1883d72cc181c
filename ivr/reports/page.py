"""A report as one HTML page: figures first, then a plot, then the table. Nothing is loaded from anywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from ivr.reports import plots
from ivr.reports.plots import Series
from ivr.reports.report import Column, Figure, Report
from ivr.reports.shown import said
from ivr.reports.words import Words

_HEADLINES: Mapping[str, Sequence[str]] = {
    "queues": (
        "offered", "answered", "abandoned", "service_level", "law_share", "wait_mean", "wait_p95",
        "handling_mean", "callbacks_reached",
    ),
    "agents": ("answered", "missed", "there", "occupancy", "talk_mean", "handling_mean"),
    "callers": ("calls", "people", "repeated", "repeat_share"),
    "campaigns": ("offered", "people", "answered", "answered_share", "conversations", "with_agent"),
    "work": ("done", "done_late", "open", "overdue", "points_mean"),
}  # fmt: skip
_MOST_BARS = 400
_MOST_COLUMNS = 14
"""Of one table beside its keys: as many as a screen and a sheet of paper have room for."""
PROMISED = 0.95

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1120px; padding: 0 1rem;
  color: #1c1c1c; }
h1 { margin: 0 0 .2rem; font-size: 1.7rem; }
.when { color: #555; margin: 0 0 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: .7rem;
  margin-bottom: 1.4rem; }
.figure { border: 1px solid #d8d8d8; border-radius: 8px; padding: .6rem .8rem; }
.figure b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.figure span { color: #555; font-size: .85rem; }
svg { width: 100%; height: auto; margin: .4rem 0 1.2rem; }
table { margin-bottom: 1.4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border-bottom: 1px solid #e4e4e4; padding: .28rem .45rem; text-align: right; }
thead th { vertical-align: bottom; background: #f4f6f5; position: sticky; top: 0; }
th.name, td.name { text-align: left; white-space: nowrap; position: sticky; left: 0; background: #fff; }
thead th.name { background: #f4f6f5; z-index: 1; }
tfoot td { font-weight: 600; border-top: 2px solid #999; }
.small { color: #555; font-size: .85rem; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { margin: 0; max-width: none; font-size: 11px; }
  .wide { overflow: visible; }
  table { font-size: 9px; }
  th, td { padding: 1.5px 4px; }
  th.name, td.name, thead th { position: static; }
  thead { display: table-header-group; }
  tr, svg, .figure { break-inside: avoid; }
}
"""


def page(report: Report, words: Words) -> str:
    """The whole file, in the words' language."""
    name = words.report(report.name)
    period = report.period
    title = f"{words.page('report')}: {name}"
    when = f"{words.page('of')} {period.first} {words.page('to')} {period.last} · {period.zone}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="when">{escape(when)}</p>',
        _headlines(report, words),
        _plot(report, words),
        _tables(report, words) if report.rows else f"<p>{escape(words.page('nothing'))}</p>",
        _terms(report, words),
    ]
    return (
        f'<!doctype html>\n<html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _headlines(report: Report, words: Words) -> str:
    columns = {column.name: column for column in report.columns}
    shown = [
        f'<div class="figure"><b>{escape(said(report.total.get(name), columns[name], words))}</b>'
        f"<span>{escape(words.column(name))}</span></div>"
        for name in _HEADLINES.get(report.name, ())
        if report.total
    ]
    return f'<div class="figures">{"".join(shown)}</div>' if shown else ""


# --- plots -----------------------------------------------------------------------------------------


def _plot(report: Report, words: Words) -> str:
    if not report.rows or len(report.rows) > _MOST_BARS or not report.keys:
        return ""
    drawing = {
        "queues": _queues,
        "agents": _agents,
        "callers": _callers,
        "staffing": _staffing,
        "flows": _flows,
        "outcomes": _outcomes,
        "work": _work,
        "campaigns": _campaigns,
        "campaign_outcomes": _campaign_outcomes,
    }.get(report.name)
    return "" if drawing is None else drawing(report, words)


def _labels(report: Report) -> list[str]:
    """Of the rows: their keys, the time first."""
    return [" · ".join(str(row[key.name]) for key in report.keys) for row in report.rows]


def _values(report: Report, *names: str) -> list[float]:
    """The sum of these columns in each row; NaN where it is not defined."""
    found = []
    for row in report.rows:
        figures = [row.get(name) for name in names]
        found.append(math.nan if None in figures else sum(float(one or 0) for one in figures))
    return found


def _bars(
    report: Report, words: Words, stacked: Sequence[tuple[str, str, Sequence[str]]], line: str = ""
) -> str:
    goal = (PROMISED, words.page("promised")) if line in ("service_level", "law_share") else None
    drawn = [
        Series(label, colour, [0 if math.isnan(one) else one for one in _values(report, *names)])
        for label, colour, names in stacked
    ]
    joined = [key.name for key in report.keys] in (["when"], ["hour"])
    over = Series(words.column(line), plots.LINE, _values(report, line)) if line else None
    return plots.bars(words.report(report.name), _labels(report), drawn, line=over, goal=goal, joined=joined)


def _queues(report: Report, words: Words) -> str:
    named = words.column
    left = ("overflowed", "left_by_key", "timed_out", "moved", "unknown", "still_there")
    elsewhere = ", ".join(named(name).lower() for name in left[:2]) + "…"
    return _bars(
        report,
        words,
        (
            (named("answered"), plots.GOOD, ("answered",)),
            (elsewhere, plots.MIDDLE, left),
            (named("abandoned"), plots.LOST, ("abandoned",)),
        ),
        "service_level",
    )


def _agents(report: Report, words: Words) -> str:
    named = words.column
    stacked = (
        (named("answered"), plots.GOOD, ("answered",)),
        (named("missed"), plots.LOST, ("missed",)),
    )
    return _bars(report, words, stacked, "occupancy")


def _callers(report: Report, words: Words) -> str:
    calls, repeated = _values(report, "calls"), _values(report, "repeated")
    once = [all_ - again for all_, again in zip(calls, repeated, strict=True)]
    return plots.bars(
        words.report(report.name),
        _labels(report),
        (
            Series(words.column("calls"), plots.GOOD, once),
            Series(words.column("repeated"), plots.LOST, repeated),
        ),
        line=Series(words.column("repeat_share"), plots.LINE, _values(report, "repeat_share")),
    )


def _staffing(report: Report, words: Words) -> str:
    stacked = ((words.column("needed"), plots.GOOD, ("needed",)),)
    return _bars(report, words, stacked, "expected_occupancy")


def _worst(report: Report, words: Words, name: str) -> str:
    """The twenty rows with the most of it; nothing where no row has any."""
    column = next(one for one in report.columns if one.name == name)
    all_rows = zip(_labels(report), _values(report, name), strict=True)
    pairs = sorted((pair for pair in all_rows if pair[1] > 0), key=lambda pair: -pair[1])[:20]
    if not pairs:
        return ""
    labels, values = zip(*pairs, strict=True)
    return plots.rows(words.column(name), labels, values, said=[said(one, column, words) for one in values])


def _flows(report: Report, words: Words) -> str:
    return _worst(report, words, "no_match_rate") + _worst(report, words, "drop_share")


def _outcomes(report: Report, words: Words) -> str:
    return _worst(report, words, "call_share")


def _work(report: Report, words: Words) -> str:
    stacked = (
        (words.column("done"), plots.GOOD, ("done",)),
        (words.column("open"), plots.MIDDLE, ("open",)),
    )
    return _bars(report, words, stacked)


def _campaigns(report: Report, words: Words) -> str:
    """Each call once: a conversation, an answer without one, or neither."""
    offered, answered, talked = (_values(report, name) for name in ("offered", "answered", "conversations"))
    only_answered = [all_ - talks for all_, talks in zip(answered, talked, strict=True)]
    not_answered = [all_ - some for all_, some in zip(offered, answered, strict=True)]
    return plots.bars(
        words.report(report.name),
        _labels(report),
        (
            Series(words.column("conversations"), plots.GOOD, talked),
            Series(words.column("answered"), plots.MIDDLE, only_answered),
            Series(words.column("offered"), plots.LOST, not_answered),
        ),
        line=Series(words.column("answered_share"), plots.LINE, _values(report, "answered_share")),
    )


def _campaign_outcomes(report: Report, words: Words) -> str:
    return _worst(report, words, "offered_share")


# --- tables ----------------------------------------------------------------------------------------


def _tables(report: Report, words: Words) -> str:
    """Columns in which nothing happened are left out: a page is read by people."""
    columns = [
        column
        for column in report.columns
        if any(row.get(column.name) not in (None, 0, 0.0) for row in (*report.rows, report.total))
    ]
    tables = math.ceil(len(columns) / _MOST_COLUMNS)
    each = math.ceil(len(columns) / max(tables, 1)) or 1
    groups = [columns[at : at + each] for at in range(0, len(columns), each)]
    return "".join(_table(report, group, words) for group in groups)


def _table(report: Report, columns: Sequence[Column], words: Words) -> str:
    head = "".join(_cell(words.column(one.name), one, "th") for one in (*report.keys, *columns))
    rows = "".join(f"<tr>{_row(row, report.keys, columns, words)}</tr>" for row in report.rows)
    foot = ""
    if report.total and report.keys:
        first = f'<td class="name" colspan="{len(report.keys)}">{escape(words.page("total"))}</td>'
        foot = f"<tfoot><tr>{first}{_row(report.total, (), columns, words)}</tr></tfoot>"
    return (
        f'<div class="wide"><table><caption>{escape(words.report(report.name))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>{foot}</table></div>"
    )


def _row(row: Mapping[str, Figure], keys: Sequence[Column], columns: Sequence[Column], words: Words) -> str:
    return "".join(_cell(said(row.get(one.name), one, words), one, "td") for one in (*keys, *columns))


def _cell(text: str, column: Column, tag: str) -> str:
    name = ' class="name"' if column.unit == "text" else ""
    return f"<{tag}{name}>{escape(text)}</{tag}>"


def _terms(report: Report, words: Words) -> str:
    terms = "; ".join(f"{words.term(name)}: {_term(value, words)}" for name, value in report.terms.items())
    told = f"{words.page('computed_by')}: {terms}. " if terms else ""
    return f'<p class="small">{escape(told + words.page("formulas"))}</p>'


def _term(value: object, words: Words) -> str:
    return words.decimal(str(value)) if isinstance(value, float) else words.term(str(value))
