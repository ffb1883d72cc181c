"""Figures for Prometheus: counted while calls are lived, and looked up when somebody asks.

Rules:
1. No figure holds anything of a person: labels are names that the company has written.
2. A label's values are bounded: the first `MOST_VALUES` are told apart, the rest are `other`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector

from ivr import moments
from ivr.moments import Moment

MOST_VALUES = 100
TURN_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
LOOKUP_BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
BREAKER = {"closed": 0, "half open": 1, "open": 2}


class _Labels:
    """Keeps a label from having ever more values."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def of(self, value: str) -> str:
        if value not in self._known:
            if len(self._known) >= MOST_VALUES:
                return "other"
            self._known.add(value)
        return value


class Measures:
    """All figures of one server."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now`: seconds of a clock that never goes back."""
        self._now = now
        self._registry = registry = CollectorRegistry()
        self._labels: dict[str, _Labels] = {}
        self._answered: dict[str, tuple[float, float]] = {}
        """Call → when the caller's answer was understood, and how long that took."""
        self._began: set[str] = set()
        self._ended = Counter("ivr_calls_ended", "Calls that are over", ["outcome", "by"], registry=registry)
        self._turn = Histogram(
            "ivr_turn_seconds",
            "From the end of the caller's answer to the beginning of the next prompt",
            buckets=TURN_BUCKETS,
            registry=registry,
        )
        self._answers = Counter(
            "ivr_answers",
            "Questions by what came of them: match, no_match, no_input",
            ["flow", "result"],
            registry=registry,
        )
        self._reprompts = Counter(
            "ivr_reprompts",
            "Questions that were asked again, by why: no_match, no_input",
            ["flow", "why"],
            registry=registry,
        )
        self._unanswered: dict[str, tuple[str, str, str]] = {}
        """Call → step and flow of the question that had no answer, and why."""
        self._lookups = Histogram(
            "ivr_lookup_seconds",
            "Look-ups by what came of them",
            ["lookup", "result"],
            buckets=LOOKUP_BUCKETS,
            registry=registry,
        )
        self._queued = Counter(
            "ivr_queue_ended", "Waits in queues by how they ended", ["queue", "result"], registry=registry
        )
        self._gauges: dict[str, Gauge] = {}

    def watch(self, moment: Moment) -> None:
        """To be given to the server."""
        match moment:
            case moments.CallBegan(call_id=call_id):
                self._began.add(call_id)
            case moments.CallerAnswered(call_id=call_id, result=result, latency=latency, flow=flow):
                self._answers.labels(self._name("flow", flow), result).inc()
                if result == "match":
                    self._answered[call_id] = (self._now(), latency)
                else:
                    self._unanswered[call_id] = (moment.step, flow, result)
            case moments.SystemSpoke(call_id=call_id, step=step, listening=listening):
                answered = self._answered.pop(call_id, None)
                if answered is not None:
                    self._turn.observe(self._now() - answered[0] + answered[1])
                asked, flow, why = self._unanswered.pop(call_id, ("", "", ""))
                if listening and asked == step:
                    self._reprompts.labels(self._name("flow", flow), why).inc()
            case moments.LookedUp(name=name, result=result, seconds=seconds):
                self._lookups.labels(self._name("lookup", name), result).observe(seconds)
            case moments.HandedOver(queue=queue, result=result) if result:
                self._queued.labels(self._name("queue", queue), result.partition(" ")[0]).inc()
            case moments.CallOver(call_id=call_id, outcome=outcome, by=by):
                self._began.discard(call_id)
                self._answered.pop(call_id, None)
                self._unanswered.pop(call_id, None)
                self._ended.labels(self._name("outcome", outcome or "none"), by).inc()

    def show(self, name: str, about: str, values: Mapping[tuple[str, ...], float], *labels: str) -> None:
        """Sets a figure that is looked up, by the values of its labels; those of before are gone."""
        gauge = self._gauges.get(name)
        if gauge is None:
            gauge = self._gauges[name] = Gauge(name, about, labels, registry=self._registry)
        if labels:
            gauge.clear()
        for key, value in values.items():
            (gauge.labels(*key) if labels else gauge).set(value)

    def add(self, collector: Collector) -> None:
        """Figures that are counted elsewhere, read whenever somebody asks."""
        self._registry.register(collector)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        told: bytes = generate_latest(self._registry)
        return told

    def _name(self, label: str, value: str) -> str:
        return self._labels.setdefault(label, _Labels()).of(value[:80])
