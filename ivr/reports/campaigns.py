"""The report on campaigns: whom they called, who answered, who was spoken with, and how that ended. Pure.

Every share has its denominator in its name (docs/reports.md). A call of which nobody knows yet how it ended
is offered, and in no denominator.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from data.figures import CampaignCall
from ivr.reports.periods import ms_of
from ivr.reports.report import Column, Figure
from ivr.reports.tallies import seconds, share

COLUMNS = (
    Column("offered"),
    Column("unsettled"),
    Column("people"),
    Column("tries_per_person", "number"),
    Column("answered"),
    Column("answered_share", "share"),
    Column("conversations"),
    Column("conversation_share", "share"),
    Column("with_agent"),
    Column("agent_share", "share"),
    Column("duration_mean", "seconds"),
)
OUTCOME_KEYS = (Column("campaign", "text"), Column("outcome", "text"))
OUTCOME_COLUMNS = (
    Column("calls"),
    Column("offered_share", "share"),
    Column("conversations"),
    Column("of_conversations", "share"),
)


def answered(call: CampaignCall) -> bool:
    """By somebody or something."""
    return call.answered_at is not None or bool(call.conversation)


def settled(call: CampaignCall) -> bool:
    """Whether it is known how it ended."""
    return call.conversation is not None or bool(call.result)


def outcome_of(call: CampaignCall) -> str:
    """The agent's, else the flow's, else what the dialler says."""
    return call.agent_outcome or call.outcome or call.result or "–"


@dataclass
class CampaignTally:
    """One row's. Calls come person by person: so people are counted without being remembered."""

    offered: int = 0
    unsettled: int = 0
    people: int = 0
    answered: int = 0
    conversations: int = 0
    with_agent: int = 0
    _ms: int = 0
    _timed: int = 0
    _last: str = ""

    def call(self, call: CampaignCall) -> None:
        self.offered += 1
        self.people += call.who != self._last
        self._last = call.who
        if not settled(call):
            self.unsettled += 1
            return
        self.answered += answered(call)
        self.conversations += bool(call.conversation)
        self.with_agent += call.agent_outcome is not None
        if call.answered_at is not None and call.ended_at is not None:
            self._timed += 1
            self._ms += ms_of(call.ended_at) - ms_of(call.answered_at)

    def figures(self) -> dict[str, Figure]:
        """The row."""
        return {
            "offered": self.offered,
            "unsettled": self.unsettled,
            "people": self.people,
            "tries_per_person": share(self.offered, self.people),
            "answered": self.answered,
            "answered_share": share(self.answered, self.offered - self.unsettled),
            "conversations": self.conversations,
            "conversation_share": share(self.conversations, self.answered),
            "with_agent": self.with_agent,
            "agent_share": share(self.with_agent, self.conversations),
            "duration_mean": seconds(self._ms / self._timed) if self._timed else None,
        }


@dataclass
class OutcomeTally:
    """One campaign's outcomes."""

    calls: Counter[str] = field(default_factory=Counter)
    conversations: Counter[str] = field(default_factory=Counter)

    def call(self, call: CampaignCall) -> None:
        if settled(call):
            self.calls[outcome_of(call)] += 1
            self.conversations[outcome_of(call)] += bool(call.conversation)

    def rows(self, campaign: str) -> list[dict[str, Figure]]:
        """The most frequent first."""
        calls, conversations = self.calls.total(), self.conversations.total()
        return [
            {
                "campaign": campaign,
                "outcome": outcome,
                "calls": count,
                "offered_share": share(count, calls),
                "conversations": self.conversations[outcome],
                "of_conversations": share(self.conversations[outcome], conversations),
            }
            for outcome, count in sorted(self.calls.items(), key=lambda one: (-one[1], one[0]))
        ]
