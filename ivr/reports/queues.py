"""The report on queues: who came, who was answered and when, and how long it took. docs/reports.md.

Rules:
1. A stay in a queue counts where and when it began.
2. Whoever is called back was offered when they first came: their second stay counts as a callback, and not as
   offered, answered or waiting once more. The agent's time for them counts as any other.
3. A stay that has not ended, or whose end nobody knows, is neither a success nor a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from data.figures import CLOSED, Visit
from ivr.reports.periods import ms_of
from ivr.reports.report import Column, Figure
from ivr.reports.tallies import Durations, Ratios, share

Formula = Literal["without_short", "all", "answered_and_abandoned", "answered"]
"""Of whom the share in time is taken: of all whose stay is over; of these without short abandons; of those
who were answered or hung up (no short abandons); of those who were answered."""
FORMULAS: tuple[Formula, ...] = ("without_short", "all", "answered_and_abandoned", "answered")
LAW_MS = 180_000
"""Ley 10/2025: in less than three minutes."""
LAW_PERCENT = 95
LEAST_TOLD_MS = 30_000
"""Shorter waits say nothing of what was foretold: ringing and chance are most of them."""

COLUMNS = (
    Column("offered"),
    Column("answered"),
    Column("abandoned"),
    Column("short_abandoned"),
    Column("overflowed"),
    Column("left_by_key"),
    Column("timed_out"),
    Column("moved"),
    Column("unknown"),
    Column("still_there"),
    Column("refused"),
    Column("service_level", "share"),
    Column("law_share", "share"),
    Column("law_mean", "seconds"),
    Column("wait_mean", "seconds"),
    Column("wait_p50", "seconds"),
    Column("wait_p95", "seconds"),
    Column("wait_max", "seconds"),
    Column("abandoned_after", "seconds"),
    Column("told_error", "share"),
    Column("talk_mean", "seconds"),
    Column("hold_mean", "seconds"),
    Column("wrap_up_mean", "seconds"),
    Column("handling_mean", "seconds"),
    Column("handling_p50", "seconds"),
    Column("handling_p95", "seconds"),
    Column("handling_max", "seconds"),
    Column("transferred"),
    Column("missed"),
    Column("callbacks_kept"),
    Column("callbacks_reached"),
    Column("callback_wait_mean", "seconds"),
    Column("callback_wait_max", "seconds"),
)

_ENDS: Mapping[str, str] = {
    "abandoned": "abandoned",
    "overflow": "overflowed",
    "key": "left_by_key",
    "timeout": "timed_out",
    "no_agents": "timed_out",
    "moved": "moved",
    "unknown": "unknown",
}
_COUNTED = (
    "offered", "answered", "abandoned", "short_abandoned", "overflowed", "left_by_key", "timed_out", "moved",
    "unknown", "still_there", "refused", "transferred", "missed", "callbacks_kept", "callbacks_reached",
)  # fmt: skip
_TIMED = ("wait", "abandoned_after", "talk", "hold", "wrap_up", "handling", "callback_wait", "asked")


@dataclass(frozen=True)
class Terms:
    """What the figures are computed by."""

    within: Callable[[str], int]
    """Queue → seconds in which a call is answered in time."""
    formula: Formula = "without_short"
    short: int = 5
    """Seconds: whoever hangs up sooner did not mean to wait."""


@dataclass
class Tally:
    """What was counted of one row's stays."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    times: dict[str, Durations] = field(default_factory=lambda: {name: Durations() for name in _TIMED})
    in_time: int = 0
    asks: int = 0
    """Calls that asked for a person, by the law's reading."""
    errors: Ratios = field(default_factory=Ratios)

    def visit(self, visit: Visit, terms: Terms, *, asked_for: bool = True) -> None:
        """Counts one stay. `asked_for`: by the caller, if it is a callback; else an agent agreed on it."""
        joined = ms_of(visit.joined_at)
        if visit.kept_since is not None:
            if asked_for:
                self._called_back(visit)
        elif refused(visit):
            self.counts["refused"] += 1
            self._ask(visit, joined)
            return
        else:
            self._offered(visit, joined, terms)
            self._ask(visit, joined)
        self._handled(visit)

    def _offered(self, visit: Visit, joined: int, terms: Terms) -> None:
        counts = self.counts
        counts["offered"] += 1
        if visit.answered_at is not None:
            wait = ms_of(visit.answered_at) - joined
            counts["answered"] += 1
            self.times["wait"].add(wait)
            self.in_time += wait <= terms.within(visit.queue) * 1000
            if visit.told_wait is not None and wait >= LEAST_TOLD_MS:
                self.errors.add(abs(visit.told_wait * 1000 - wait) / wait)
        elif visit.left_at is None:
            counts["still_there"] += 1
        else:
            ending = _ENDS.get(visit.left_by or "", "unknown")
            counts[ending] += 1
            if ending == "abandoned":
                after = ms_of(visit.left_at) - joined
                self.times["abandoned_after"].add(after)
                counts["short_abandoned"] += after < terms.short * 1000

    def _ask(self, visit: Visit, joined: int) -> None:
        """A call counts once for the law: where it first asked for a person."""
        if visit.nth != 1 or (visit.left_by == "refused" and visit.left_for == CLOSED):
            return
        open_still = visit.left_at is None or visit.left_by == "unknown"
        if visit.leg_answered_at is None and open_still:
            return
        self.asks += 1
        if visit.leg_answered_at is not None:
            self.times["asked"].add(ms_of(visit.leg_answered_at) - joined)

    def _called_back(self, visit: Visit) -> None:
        if visit.answered_at is not None and visit.kept_since is not None:
            self.counts["callbacks_reached"] += 1
            self.times["callback_wait"].add(ms_of(visit.answered_at) - ms_of(visit.kept_since))

    def _handled(self, visit: Visit) -> None:
        if visit.answered_at is None or visit.talk_ended_at is None:
            return
        ended = ms_of(visit.talk_ended_at)
        talk = ended - ms_of(visit.answered_at)
        after = 0 if visit.wrapped_up_at is None else ms_of(visit.wrapped_up_at) - ended
        self.times["talk"].add(talk)
        self.times["hold"].add(visit.held_ms or 0)
        self.times["wrap_up"].add(after)
        self.times["handling"].add(talk + after)
        self.counts["transferred"] += visit.next_joined_at is not None

    def add(self, other: Tally) -> None:
        """Counts what another has counted, too."""
        for name, count in other.counts.items():
            self.counts[name] += count
        for name, durations in other.times.items():
            self.times[name].extend(durations)
        self.in_time += other.in_time
        self.asks += other.asks
        self.errors.values.extend(other.errors.values)

    def service_level(self, formula: Formula) -> float | None:
        """The share that was answered in time, by that formula."""
        counts = self.counts
        over = counts["offered"] - counts["still_there"] - counts["unknown"]
        whole = {
            "all": over,
            "without_short": over - counts["short_abandoned"],
            "answered_and_abandoned": counts["answered"] + counts["abandoned"] - counts["short_abandoned"],
            "answered": counts["answered"],
        }[formula]
        return share(self.in_time, whole)

    def figures(self, terms: Terms) -> dict[str, Figure]:
        """The row."""
        times = self.times
        asked = times["asked"]
        wait, handling = times["wait"], times["handling"]
        return {
            **self.counts,
            "service_level": self.service_level(terms.formula),
            "law_share": share(asked.below(LAW_MS), self.asks),
            "law_mean": asked.mean_of_least(-(-LAW_PERCENT * self.asks // 100)),
            "wait_mean": wait.mean,
            "wait_p50": wait.quantile(50),
            "wait_p95": wait.quantile(95),
            "wait_max": wait.longest,
            "abandoned_after": times["abandoned_after"].mean,
            "told_error": self.errors.median,
            "talk_mean": times["talk"].mean,
            "hold_mean": times["hold"].mean,
            "wrap_up_mean": times["wrap_up"].mean,
            "handling_mean": handling.mean,
            "handling_p50": handling.quantile(50),
            "handling_p95": handling.quantile(95),
            "handling_max": handling.longest,
            "callback_wait_mean": times["callback_wait"].mean,
            "callback_wait_max": times["callback_wait"].longest,
        }


def refused(visit: Visit) -> bool:
    """Whether they never joined: closed, full, or an overflow that held at once."""
    return visit.left_by == "refused" or (visit.left_by == "overflow" and visit.left_at == visit.joined_at)


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole
