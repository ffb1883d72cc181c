"""An agent has answered while the session was busy with something else: the record still says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typing_extensions import override

from dialogs.effects import Enqueue, Hangup, SetOutcome
from dialogs.results import Handed
from esl.call_centre import CallCentre
from esl.errors import CallEnded, CommandRefusedError
from esl.switch import Finished, HungUp
from esl.wire import Command
from ivr.living.services import Services
from ivr.queueing.people import People
from ivr.queueing.plan import Plan, QueuePlan
from tests.ivr.paper import PaperCall
from tests.ivr.session_rig import Rig


class LongSince(PaperCall):
    """While we look at the queue, an agent answers, talks and hangs up."""

    def __init__(self, cause: str) -> None:
        super().__init__()
        self.cause = cause

    @override
    def enqueue(self, queue: str) -> str:
        self._order(f"enqueue {queue}")
        return "q"

    def call_centre(self) -> CallCentre:
        return CallCentre(self._asked)

    def _asked(self, _command: Command) -> str:
        if "enqueue billing@ivr" not in self.orders:
            raise CommandRefusedError("callcenter_config", "-ERR not now")
        self._over = True
        self.inbox.put(Finished("q", "callcenter", "_none_", {"cc_cause": self.cause}))
        self.inbox.put(HungUp("NORMAL_CLEARING", by_caller=self.cause != "answered"))
        raise CallEnded("the leg is gone")


class Busy(Rig):
    """The server knows the queue, and looks at it now and then."""

    @override
    def services(self) -> Services:
        plan = Plan({"billing": QueuePlan("billing")})
        people = People(plan, now=self.clock.now, local=lambda: datetime.now(UTC))
        return replace(super().services(), people=people)


@pytest.mark.parametrize(
    ("cause", "result", "by", "outcome"),
    [("answered", "handed", "agent", "handed_over"), ("cancel", "failed", "caller", None)],
)
def test_a_talk_that_was_over_before_we_looked_is_on_record(
    tmp_path: Path, cause: str, result: str, by: str, outcome: str | None
) -> None:
    """The leg is gone as the session asks for something; how the queue ended lies unread before that."""
    rig = Busy(tmp_path)
    rig.call = LongSince(cause)
    effects = [Enqueue("billing", "person", {}), SetOutcome("handed_over", "person"), Hangup("bye")]
    dialog, record = rig.live(effects)
    assert [(turn.text, turn.result) for turn in record.turns if turn.kind == "queue"] == [
        ("billing", result)
    ]
    assert (dialog.results[:1] == [Handed()]) == (cause == "answered")
    assert (record.ended_by, record.outcome) == (by, outcome)
