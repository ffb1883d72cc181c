"""The report on polls: how each question was answered. Whose the answers are stands nowhere."""

from __future__ import annotations

from collections import Counter

from data.polls import Polls
from ivr.reports.periods import Period
from ivr.reports.report import Column, Figure, Report
from ivr.reports.tallies import share

KEYS = (Column("poll", "text"), Column("question", "text"), Column("answer", "text"))
COLUMNS = (Column("answers"), Column("answer_share", "share"))


def poll_report(polls: Polls, period: Period, *, poll: str = "") -> Report:
    """`answer_share`: of all answers to that question, `unanswered` among them. `poll`: only that one."""
    counted = polls.counted(since=period.since, until=period.until, poll=poll or None)
    asked: Counter[tuple[str, str]] = Counter()
    for one in counted:
        asked[one.poll, one.question] += one.count
    rows: list[dict[str, Figure]] = [
        {
            **{"poll": one.poll, "question": one.question, "answer": one.answer, "answers": one.count},
            "answer_share": share(one.count, asked[one.poll, one.question]),
        }
        for one in counted
    ]
    return Report("polls", period, KEYS, COLUMNS, rows)
