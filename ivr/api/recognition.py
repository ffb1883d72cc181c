"""Figures of the recognisers for Prometheus, read where they are counted when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from speech.auto import AutoRecognizer
from speech.figures import Figures, Room
from speech.recognizer import Recognizer

_OUTCOMES = ("opened", "answered", "refused", "repeated", "lost", "late")
_ENGINE = ("engine",)


class Recognition(Collector):
    """Everything about each engine; nothing where calls go by keys only."""

    def __init__(self, recognizer: Callable[[], Recognizer | None]) -> None:
        """`recognizer`: the one that listens now, if any."""
        self._recognizer = recognizer

    def describe(self) -> list[Metric]:
        """Nothing ahead: which engines there are shows when they are asked."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Each figure with all engines."""
        recognizer = self._recognizer()
        if not isinstance(recognizer, AutoRecognizer):
            return
        yield from _counted(recognizer.figures)
        yield from _room(recognizer.rooms)


def _counted(figures: dict[str, Figures]) -> Iterator[Metric]:
    outcomes = CounterMetricFamily(
        "ivr_recognizer_utterances",
        "Utterances by what became of them; late: no answer in time; repeated: said to another worker",
        labels=("engine", "what"),
    )
    restarts = CounterMetricFamily(
        "ivr_recognizer_restarts", "Workers that had worked, ended, and were replaced", labels=_ENGINE
    )
    audio = CounterMetricFamily("ivr_recognizer_audio_seconds", "Sound that was recognised", labels=_ENGINE)
    waits = HistogramMetricFamily(
        "ivr_recognizer_wait_seconds", "From the end of the utterance to its words", labels=_ENGINE
    )
    for engine, found in figures.items():
        for name in _OUTCOMES:
            outcomes.add_metric([engine, name], getattr(found, name))
        restarts.add_metric([engine], found.restarts)
        audio.add_metric([engine], found.audio_seconds)
        buckets = [
            ("+Inf" if limit == float("inf") else str(limit), count) for limit, count in found.waits_up_to()
        ]
        waits.add_metric([engine], buckets, sum_value=found.wait_seconds)
    yield from (outcomes, restarts, audio, waits)


def _room(rooms: dict[str, Room]) -> Iterator[Metric]:
    told = (
        ("workers", "Processes that listen; of vosk-server, addresses that answer", "workers"),
        ("limit", "Utterances at a time, beyond which calls go on by keys", "most"),
        ("busy", "Utterances under way", "busy"),
        ("waiting_bytes", "Sound that waits for the workers", "waiting_bytes"),
    )
    for name, about, field in told:
        gauge = GaugeMetricFamily(f"ivr_recognizer_{name}", about, labels=_ENGINE)
        for engine, room in rooms.items():
            gauge.add_metric([engine], getattr(room, field))
        yield gauge
