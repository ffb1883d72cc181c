"""Alerts: raised once when something crosses its threshold for a while, cleared once when it is back.

Rules:
1. It is raised above one figure and cleared at or below another, and either must last: no flapping.
2. A standing alert is a row. Another server, or this one after a restart, neither raises nor tells it again.
3. What cannot be judged (a share of three callers) changes nothing.
4. Who is told gets it through the outbox; its key is the alert's, so that it is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import structlog

from data.records import Errand
from data.store import Store
from ivr.agents.live_state import QueueState
from ivr.agents.written import AlertFile, TellFile
from ivr.messenger.message import Message
from ivr.queueing.plan import Plan

log = structlog.get_logger(__name__)

Verdict = Literal["raise", "clear"]


@dataclass
class Judge:
    """One rule for one queue. Pure."""

    rule: AlertFile
    standing: bool = False
    since: float | None = None
    """When the figure began to be on the other side."""

    def judge(self, value: float, now: float) -> Verdict | None:
        """What the figure means at that moment (seconds)."""
        rule = self.rule
        clear = rule.above if rule.clear is None else rule.clear
        crossing = value <= clear if self.standing else value > rule.above
        if not crossing:
            self.since = None
            return None
        self.since = now if self.since is None else self.since
        if now - self.since < rule.lasting:
            return None
        self.since, self.standing = None, not self.standing
        return "raise" if self.standing else "clear"


class Alerting:
    """All rules of one server. One greenlet calls `step`."""

    def __init__(
        self, store: Store, plan: Plan, rules: Mapping[str, AlertFile], *, now: Callable[[], datetime]
    ) -> None:
        self._store, self._plan, self._rules, self._now = store, plan, rules, now
        self._judges: dict[tuple[str, str], Judge] | None = None
        self._retired = False

    def step(self, states: Iterable[QueueState]) -> list[tuple[Verdict, str, str]]:
        """Judges every rule; what was raised or cleared, with rule and queue. Raises `DataError`."""
        states = tuple(states)
        self._retire({state.queue for state in states})
        judges = self._known()
        told: list[tuple[Verdict, str, str]] = []
        for state in states:
            for name, rule in self._rules.items():
                if rule.queues and state.queue not in rule.queues:
                    continue
                value = self._value(rule, state)
                if value is None:
                    continue
                judge = judges.setdefault((name, state.queue), Judge(rule))
                verdict = judge.judge(value, self._now().timestamp())
                if verdict is not None and self._settle(verdict, name, rule, state.queue, value):
                    told.append((verdict, name, state.queue))
        return told

    @property
    def to_retire(self) -> bool:
        """Whether it is still to be looked what was left standing by files that are others now."""
        return not self._retired

    def _retire(self, queues: Collection[str]) -> None:
        """What stands by a rule, or for a queue, taken out of the files is over: nobody judges it."""
        if self._retired:
            return
        for one in self._store.alerts.standing():
            rule = self._rules.get(one.rule)
            judged = rule is not None and one.queue in queues and one.queue in (rule.queues or queues)
            if not judged and self._store.alerts.clear(one.rule, one.queue, at=self._now(), value=0.0):
                log.info("alert_retired", rule=one.rule, queue=one.queue)
        self._retired = True

    def _known(self) -> dict[tuple[str, str], Judge]:
        if self._judges is None:
            self._judges = {
                (one.rule, one.queue): Judge(self._rules[one.rule], standing=True)
                for one in self._store.alerts.standing()
                if one.rule in self._rules
            }
        return self._judges

    def _value(self, rule: AlertFile, state: QueueState) -> float | None:
        match rule.watch:
            case "longest_wait":
                return float(state.longest_wait)
            case "waiting":
                return float(state.waiting)
            case "nobody_logged_in":
                return float(state.open and not state.agents)
            case "missed_callbacks":
                return float(self._missed_callbacks(rule, state.queue))
            case "abandoned_share":
                since = self._now() - timedelta(seconds=rule.window)
                within = self._plan.queue(state.queue).written.service_level.within
                day = self._store.queue_visits.queue_day(state.queue, since=since, within=within)
                share = day.abandoned_share
                return None if share is None or day.offered < rule.at_least else 100 * share

    def _missed_callbacks(self, rule: AlertFile, queue: str) -> int:
        """Those that should have been made so many seconds ago, or of which nobody knows how they ended.
        Whoever chose a time is due until its end; who is being called is not missed."""
        late = self._now() - timedelta(seconds=rule.window)
        return sum(
            one.state == "unclear"
            or (one.state in ("waiting", "claimed") and max(one.due_at, one.until_at or one.due_at) < late)
            for one in self._store.callbacks.waiting(queue)
        )

    def _settle(self, verdict: Verdict, name: str, rule: AlertFile, queue: str, value: float) -> bool:
        at = self._now()
        if verdict == "raise":
            alert = self._store.alerts.raise_alert(name, queue, at=at, value=value, threshold=rule.above)
        else:
            alert = self._store.alerts.clear(name, queue, at=at, value=value)
        if alert is None:  # another server was faster, and has told it
            return False
        say = log.warning if verdict == "raise" else log.info
        word = "alert_raised" if verdict == "raise" else "alert_cleared"
        say(word, rule=name, queue=queue, watch=rule.watch, figure=round(value, 1))
        if rule.tell is not None:
            told = _Telling(alert, verdict, name, queue, rule, value, at)
            for errand in told.errands(rule.tell):
                self._store.outbox.put(errand)
        return True


@dataclass(frozen=True)
class _Telling:
    alert: UUID
    verdict: Verdict
    name: str
    queue: str
    rule: AlertFile
    value: float
    at: datetime

    def errands(self, tell: TellFile) -> Iterable[Errand]:
        if tell.webhook is not None:
            yield self._errand("webhook", tell.webhook)
        if tell.email is not None:
            yield self._errand("email", tell.email)

    def _errand(self, channel: Literal["webhook", "email"], to: str) -> Errand:
        key = f"alert:{self.alert}:{self.verdict}:{channel}"
        over = " is over" if self.verdict == "clear" else ""
        line = (
            f"{self.name} in {self.queue}{over}: {self.rule.watch} {self.value:g}, limit {self.rule.above:g}"
        )
        fields = {
            "alert": str(self.alert),
            "what": "cleared" if self.verdict == "clear" else "raised",
            "rule": self.name,
            "queue": self.queue,
            "watch": self.rule.watch,
            "value": f"{self.value:g}",
            "limit": f"{self.rule.above:g}",
            "at": self.at.isoformat(),
        }
        message = Message(
            id=key,
            channel=channel,
            to=to,
            text=f"{line}\n{self.at:%Y-%m-%d %H:%M} UTC\n",
            subject=line,
            language="en",
            fields=fields if channel == "webhook" else {},
        )
        target = to if channel == "webhook" else channel
        return Errand(kind=channel, target=target, body=message.as_body(), idempotency_key=key, at=self.at)
