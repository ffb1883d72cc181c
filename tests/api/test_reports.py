"""Reports over the API: those of the command, and what makes no sense."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from data.records import StateChange, VisitFacts
from ivr.api.roles import Role
from ivr.reports.building import agent_report
from ivr.reports.periods import Period
from tests.api.conftest import NOW, Service


@pytest.fixture
def busy(service: Service) -> Service:
    """A day with one answered stay and an agent who was there and paused."""
    joined = NOW - timedelta(hours=1)
    answered = joined + timedelta(seconds=20)
    stay = {"id": "m", "queue": "=billing", "leg": "l", "joined_at": joined, "agent": "1001"}
    ended = answered + timedelta(seconds=90)
    service.store.queue_visits.learn(
        [VisitFacts(**stay, answered_at=answered, talk_ended_at=ended, left_at=ended, left_by="answered")]  # type: ignore[arg-type]  # by their names
    )
    for at, state, reason in ((joined, "in", ""), (ended, "paused", "lunch")):
        change = {"agent": "1001", "by": "x", "source": "cli", "reason": reason, "state": state}
        service.store.agents.change_state(StateChange(at=at, **change))  # type: ignore[arg-type]  # by their names
    return service


def test_reports_are_those_of_the_command(busy: Service) -> None:
    """Cell by cell, also as CSV, where no name becomes a formula; and figures leave no trace in the audit."""
    token, day = busy.token(Role.SUPERVISOR), NOW.date().isoformat()
    told = busy.ask(f"/reports/agents?first={day}&by=60,agent", token).json
    period = Period(date(2026, 11, 23), date(2026, 11, 23), ZoneInfo("Europe/Madrid"))
    report = agent_report(busy.store.figures, period, by=["60", "agent"], now=NOW)
    bare = [{one.name: row.get(one.name) for one in report.all_columns} for row in report.rows]
    assert told["rows"] == bare and len(bare) == 1
    assert told["total"]["answered"] == 1
    table = busy.ask("/reports/queues.csv", token)
    assert table.headers["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(table.body.decode()))
    assert (row["queue"], row["offered"], row["wait_mean"]) == ("'=billing", "1", "20.0")
    for report in ("queues", "staffing"):  # an empty one would say that nobody called
        nobodys = busy.ask(f"/reports/{report}?queue=nobodys", token)
        assert (nobodys.status, nobodys.json["code"]) == (422, "report")
        assert "there is no queue 'nobodys'" in nobodys.json["detail"]
    (pause,) = busy.ask("/reports/pauses", token).json["rows"]
    assert (pause["agent"], pause["reason"], pause["pauses"]) == ("1001", "lunch", 1)
    assert busy.store.audit.latest(10) == ()


@pytest.mark.parametrize(
    "asked",
    [
        *("queues?by=agent", "agents?by=15,30", "flows?by=queue", "staffing?by=queue"),
        *("queues?first=2026-11-23&last=2026-11-22", "queues?first=2024-01-01&last=2026-01-01"),
        *("queues?first=yesterday", "callers?days=0", "staffing?share=2", "queues?nothing=1"),
        *("queues?first=9999-12-31", "agents?by=%00"),
    ],
)
def test_a_report_that_makes_no_sense_is_422(service: Service, asked: str) -> None:
    """With what is wrong."""
    answer = service.ask(f"/reports/{asked}", service.token(Role.SUPERVISOR))
    assert (answer.status, bool(answer.json["detail"])) == (422, True)
