"""The reports on what follows from a campaign's calls: promises and actions. Every share names its whole.

RPC rate = right-party calls / attempts; PTP rate = promises / right-party calls; kept = kept / due, by count,
and X"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from data.campaign_figures import CampaignFigures, PromisesCounted
from dialogs.spoken import minor_digits
from ivr.reports.periods import Period
from ivr.reports.report import Column, Figure, Report
from ivr.reports.tallies import share

PROMISE_KEYS = (Column("campaign", "text"), Column("currency", "text"))
PROMISE_COLUMNS = (
    Column("attempts"),
    Column("right_party"),
    Column("right_party_share", "share"),
    Column("promises"),
    Column("promise_share", "share"),
    Column("promised_amount", "number"),
    Column("due"),
    Column("kept"),
    Column("kept_share", "share"),
    Column("partial"),
    Column("broken"),
    Column("amount_due", "number"),
    Column("amount_paid", "number"),
    Column("amount_share", "share"),
    Column("still_open"),
    Column("taken_back"),
)
ACTION_KEYS = (
    Column("campaign", "text"),
    Column("outcome", "text"),
    Column("action", "text"),
    Column("result", "text"),
)
ACTION_COLUMNS = (Column("actions"), Column("of_actions", "share"))
_JUDGED = ("kept", "partial", "broken")


@dataclass
class _Promises:
    """One campaign's, in one currency."""

    made: Counter[str] = field(default_factory=Counter)
    due: dict[str, PromisesCounted] = field(default_factory=dict)

    def figures(self, currency: str, attempts: int, right_party: int) -> dict[str, Figure]:
        unit = 10 ** minor_digits(currency) if currency else 1
        count = {state: one.promises for state, one in self.due.items()}
        due = sum(count.get(state, 0) for state in _JUDGED)
        amount = sum(self.due[state].amount_cents for state in _JUDGED if state in self.due)
        paid = sum(self.due[state].paid_cents for state in _JUDGED if state in self.due)
        return {
            "attempts": attempts,
            "right_party": right_party,
            "right_party_share": share(right_party, attempts),
            "promises": self.made["count"],
            "promise_share": share(self.made["count"], right_party),
            "promised_amount": self.made["cents"] / unit,
            "due": due,
            "kept": count.get("kept", 0),
            "kept_share": share(count.get("kept", 0), due),
            "partial": count.get("partial", 0),
            "broken": count.get("broken", 0),
            "amount_due": amount / unit,
            "amount_paid": paid / unit,
            "amount_share": share(paid, amount),
            "still_open": count.get("open", 0),
            "taken_back": count.get("cancelled", 0) + count.get("superseded", 0),
        }


def promise_report(figures: CampaignFigures, period: Period, *, only: Sequence[str] = ()) -> Report:
    """Promises of each campaign, made and due in the period."""
    reached = {one.campaign: one for one in figures.reached(period.since, period.until, only)}
    found: dict[tuple[str, str], _Promises] = defaultdict(_Promises)
    for one in figures.made(period.since, period.until, only):
        made = found[one.campaign, one.currency].made
        made["count"] += one.promises
        made["cents"] += one.amount_cents
    for one in figures.due(period.first, period.last, only):
        found[one.campaign, one.currency].due[one.status] = one
    for campaign in reached.keys() - {campaign for campaign, _ in found}:
        found[campaign, ""] = _Promises()
    rows: list[dict[str, Figure]] = []
    for campaign, currency in sorted(found):
        calls = reached.get(campaign)
        attempts, right = (0, 0) if calls is None else (calls.calls, calls.right_party)
        counted = found[campaign, currency].figures(currency, attempts, right)
        rows.append({"campaign": campaign, "currency": currency, **counted})
    return Report("campaign_promises", period, PROMISE_KEYS, PROMISE_COLUMNS, rows)


def action_report(figures: CampaignFigures, period: Period, *, only: Sequence[str] = ()) -> Report:
    """What each outcome has set off in the period, and what became of it; `of_actions`: of those of that
    outcome and action."""
    found = figures.actions(period.since, period.until, only)
    whole = Counter[tuple[str, str, str]]()
    for one in found:
        whole[one.campaign, one.outcome, one.kind] += one.actions
    rows: list[dict[str, Figure]] = [
        {
            "campaign": one.campaign,
            "outcome": one.outcome,
            "action": one.kind,
            "result": one.result,
            "actions": one.actions,
            "of_actions": share(one.actions, whole[one.campaign, one.outcome, one.kind]),
        }
        for one in sorted(found, key=lambda one: (*one[:3], -one.actions, one.result))
    ]
    return Report("campaign_actions", period, ACTION_KEYS, ACTION_COLUMNS, rows)
