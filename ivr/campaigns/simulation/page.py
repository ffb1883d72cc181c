"""A simulation as one HTML page: figures, plots of the worst seed, a table of all. Nothing is loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from html import escape

from ivr.campaigns.simulation.figures import SLICE, Slice
from ivr.campaigns.simulation.running import Outcome, Played
from ivr.reports import plots
from ivr.reports.plots import Series

_MOST_COLUMNS = 120
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1080px; padding: 0 1rem;
  color: #1c1c1c; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: .7rem; }
.figure { border: 1px solid #d8d8d8; border-radius: 8px; padding: .6rem .8rem; }
.figure b { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.figure span, .small { color: #555; font-size: .85rem; }
svg { width: 100%; height: auto; margin: .6rem 0 1rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid #e4e4e4; padding: .3rem .5rem; text-align: right; }
"""


def page(outcome: Outcome, title: str) -> str:
    """The whole file."""
    worst = outcome.worst_seed
    shown = [
        plot
        for mode in ("predictive", "progressive")
        for one in outcome.of(mode)
        if one.seed == worst
        for plot in _plots(outcome, one)
    ]
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_told(outcome))}</p>",
        _headlines(outcome),
        f"<h2>Seed {worst}, in which predictive gains least</h2>",
        *shown,
        "<h2>Every seed</h2>",
        _table(outcome),
        f'<p class="small">{escape(_TERMS)}</p>',
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


_TERMS = (
    "Occupancy: seconds in which agents talk or wrap up, of the seconds in which they are there. "
    "Abandoned: live answers for which no agent was free within the threshold after the greeting, of all "
    "live answers, in the worst window of the rule: each that ends with a call, and each day (or period) by "
    "itself. A population is a model, not a promise."
)


def _told(outcome: Outcome) -> str:
    population = outcome.population
    agents = sum(one.agents for one in population.campaigns) or population.agents
    seeds, first = len({one.seed for one in outcome.played}), population.begins
    counted = f"{_many(agents, 'agent')}, {_many(population.days, 'day')} from {first}"
    return f"{counted}, {_many(seeds, 'seed')}, {population.zone}."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _headlines(outcome: Outcome) -> str:
    figures = (
        (f"{outcome.occupancy('predictive'):.1%}", "occupancy, predictive"),
        (f"{outcome.occupancy('progressive'):.1%}", "occupancy, progressive"),
        (f"{100 * outcome.gain(outcome.worst_seed):+.1f} points", "gained in the worst seed"),
        (f"{outcome.abandon_rate_max:.2%}", "abandoned in the worst window of the worst seed"),
        (f"{outcome.calls:,}", "calls, predictive"),
        (f"{outcome.rule_violations}", "rules broken"),
    )
    shown = (f'<div class="figure"><b>{value}</b><span>{name}</span></div>' for value, name in figures)
    return f'<div class="figures">{"".join(shown)}</div>'


def _plots(outcome: Outcome, one: Played) -> list[str]:
    labels, columns = _columns(outcome, one)
    if not columns:
        return []
    name = f"{one.mode}{f', {one.campaign}' if one.campaign else ''}"
    reached = [column.live - column.abandoned for column in columns]
    nobody = [max(column.dialled - column.live, 0) for column in columns]
    pacing = plots.bars(
        f"Pacing and occupancy, {name}: calls begun",
        labels,
        (
            Series("answered by a person", plots.GOOD, reached),
            Series("abandoned", plots.LOST, [column.abandoned for column in columns]),
            Series("no person", plots.MIDDLE, nobody),
        ),
        line=Series("occupancy", plots.LINE, [column.occupancy for column in columns]),
    )
    if one.mode == "progressive":
        return [pacing]
    rates = [0.0 if math.isnan(column.abandon_rate) else 100 * column.abandon_rate for column in columns]
    title = f"Abandoned, {name}: % of live answers (at most {one.cap.share:.0%} in {_length(one)})"
    return [pacing, plots.bars(title, labels, (Series("abandoned, %", plots.LOST, rates),))]


def _length(one: Played) -> str:
    days = one.cap.window / timedelta(days=1)
    return f"{days:g} days" if days != 1 else "24 hours"


def _columns(outcome: Outcome, one: Played) -> tuple[list[str], list[Slice]]:
    """Quarters of an hour in which something was, or longer pieces if there are too many."""
    used = sorted(number for number, piece in one.figures.slices.items() if piece.there)
    together = max(1, math.ceil(len(used) / _MOST_COLUMNS))
    begin = outcome.population.shifts()[0][0]
    labels, columns = [], []
    for at in range(0, len(used), together):
        pieces = [one.figures.slices[number] for number in used[at : at + together]]
        columns.append(_sum(pieces))
        labels.append(f"{begin + timedelta(seconds=used[at] * SLICE):%Y-%m-%d %H:%M}")
    return labels, columns


def _sum(pieces: Sequence[Slice]) -> Slice:
    found = Slice()
    for piece in pieces:
        found.dialled += piece.dialled
        found.live += piece.live
        found.abandoned += piece.abandoned
        found.there += piece.there
        found.busy += piece.busy
    return found


def _table(outcome: Outcome) -> str:
    names = ("seed", "mode", "campaign", "calls", "live", "abandoned", "worst window", "occupancy")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = []
    for one in outcome.played:
        whole = one.figures.whole
        cells = (
            str(one.seed),
            one.mode,
            one.campaign,
            f"{whole.dialled:,}",
            f"{whole.live:,}",
            str(whole.abandoned),
            f"{one.abandon_rate_max:.2%}",
            f"{one.occupancy:.1%}",
        )
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
