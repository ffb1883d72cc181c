"""Benchmarks on the stage: what a caller waits for, measured in the caller's own samples.

Each figure is taken from sound: from the last loud sample that the caller said (or the first, for
barge-in) to the first changed sample that the caller heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from data.seeds import demo_customers
from ivr.config import Settings
from ivr.demo import CallerMind, Persona, PlayedCall, PlayedTurn, Reply, one_by_one
from ivr.stage import Stage
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES, SYSTEM_VOICES

FLOWS = Path(__file__).parent / "bench_flows"
KOREAN_NUMBER = "오, 이, 오, 이"
"""Of the numbers that espeak-ng says in Korean the model hears few; what is measured is the time."""
PARTS = ("pause", "recognition", "dialog", "line")
"""What a turn's time is made of, as `PlayedTurn` tells."""


@dataclass(frozen=True)
class Figures:
    """One measurement, in milliseconds."""

    what: str
    engine: str
    count: int
    p50: float
    p95: float
    worst: float
    parts: Mapping[str, float] = field(default_factory=dict)
    """Medians of what it is made of; they need not add up to the median of the whole."""


def figures(what: str, engine: str, seconds: Sequence[float]) -> Figures:
    """Percentiles of at least one value (nearest rank)."""
    ranked = sorted(seconds)
    p50, p95, worst = (round(_percentile(ranked, share) * 1000, 1) for share in (0.5, 0.95, 1.0))
    return Figures(what, engine, len(ranked), p50, p95, worst)


def of_turns(engine: str, played: Sequence[PlayedCall]) -> list[Figures]:
    """All spoken turns, then those that were understood by the kind of answer, with their parts."""
    whole = [seconds for call in played for seconds in call.turn_seconds]
    turns = [turn for call in played for turn in call.turns]
    found = [replace(figures("turn", engine, whole), parts=_parts(turns))] if whole else []
    for kind in sorted({turn.kind for turn in turns}):
        some = [turn for turn in turns if turn.kind == kind and turn.result == "match"]
        if some:
            one = figures(f"turn, {kind}", engine, [turn.whole for turn in some])
            found.append(replace(one, parts=_parts(some)))
    return found


def _parts(turns: Sequence[PlayedTurn]) -> dict[str, float]:
    return {name: round(median(getattr(turn, name) for turn in turns) * 1000, 1) for name in PARTS if turns}


def _percentile(ranked: Sequence[float], share: float) -> float:
    place = max(0, min(len(ranked) - 1, round(share * len(ranked) + 0.5) - 1))
    return ranked[place]


def looping_caller(turns: int, *, interrupts_after: float | None) -> Persona:
    """Lucía asks for her order again and again: four questions a round, by voice."""
    customer = demo_customers()[0]
    assert customer.order_number and customer.own.postal_code
    number = one_by_one(customer.order_number)
    rounds = -(-turns // 4)
    # Who calls again about an open ticket or a coming order is asked about that first.
    replies = [Reply("known_matter", words="no")]
    replies += [Reply("home_postcode", words=one_by_one(customer.own.postal_code))] * 3
    for turn in range(rounds):
        replies += [
            Reply("main_menu", words="pedido"),
            Reply("order_id", words=number),
            Reply("anything_else", words="sí" if turn < rounds - 1 else "no, gracias"),
            Reply("more_about_order", words="otra cosa"),
        ]
    return Persona(
        name="Lucía",
        number=customer.phone_number,
        language="es",
        replies=replies,
        interrupts_after=interrupts_after,
    )


def caller_of_turns(turns: int, language: str) -> Persona:
    """Answers the flow of the measurement over and over, and says no in the end."""
    agreed, refused, number = {
        "es": ("sí", "no, gracias", one_by_one("45716")),
        "ko": ("네", "아니요", KOREAN_NUMBER),
    }[language]
    rounds = max(1, -(-turns // (3 if language == "es" else 2)))
    return Persona(
        name="Kim" if language == "ko" else "Lucía",
        number="+34600000777",
        language=language,
        # What is not understood is asked again: then there are fewer rounds.
        replies=[
            *[Reply("wish", words="quiero saber mi saldo")] * (rounds * 2 if language == "es" else 0),
            *[Reply("agreed", words=agreed)] * rounds,
            *[Reply("agreed", words=refused)] * 3,
            *[Reply("number", words=number)] * (rounds * 2),
        ],
        agreement=agreed,
    )


def of_the_measurement(settings: Settings, language: str) -> Settings:
    """The settings with the flow of the measurement; in Korean by Vosk alone."""
    speech = settings.speech.model_copy(update={"engine": "vosk"}) if language == "ko" else settings.speech
    return settings.model_copy(
        update={
            "flows": FLOWS / language,
            "calls": settings.calls.model_copy(update={"flow": "turns", "language": "es"}),
            "speech": speech,
        }
    )


def play(stage: Stage, persona: Persona, tell: Callable[[str], None]) -> PlayedCall:
    """Plays one call on the stage."""
    speaker = Speaker({**CALLER_VOICES, "ko": SYSTEM_VOICES["ko"]})
    try:
        mind = CallerMind(persona, stage.caller(persona.number, persona.name), speaker.speak, deadline=1200.0)
        stage.watch_caller(persona.number, mind.watch)
        stage.watch_caller(persona.number, lambda moment: tell(type(moment).__name__))
        return mind.play()
    finally:
        speaker.close()


def measure_turns(
    stage: Stage, turns: int, tell: Callable[[str], None], *, language: str = "es"
) -> tuple[list[Figures], PlayedCall]:
    """From the end of the caller's speech to the first changed sample that the caller hears, on a stage with
    the settings `of_the_measurement`."""
    played = play(stage, caller_of_turns(turns, language), tell)
    return of_turns(stage.server.rooms.voice.engine, [played]), played


def measure_barge_in(
    stage: Stage, turns: int, tell: Callable[[str], None]
) -> tuple[list[Figures], PlayedCall]:
    """From the onset of the caller's speech over a prompt to the prompt's end at the caller's ear."""
    played = play(stage, looping_caller(turns, interrupts_after=0.6), tell)
    engine = stage.server.rooms.voice.engine
    return [figures("barge_in", engine, played.stop_seconds)] if played.stop_seconds else [], played
