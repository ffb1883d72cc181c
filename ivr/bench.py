"""Benchmarks on the stage: what a caller waits for, measured in the caller's own samples.

Each figure is taken from sound: from the last loud sample that the caller said (or the first, for
barge-in) to the first changed sample that the caller heard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data.seeds import demo_customers
from ivr.demo import CallerMind, Persona, PlayedCall, Reply, one_by_one
from ivr.stage import Stage
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES


@dataclass(frozen=True)
class Figures:
    """One measurement, in milliseconds."""

    what: str
    engine: str
    count: int
    p50: float
    p95: float
    worst: float


def figures(what: str, engine: str, seconds: Sequence[float]) -> Figures:
    """Percentiles of at least one value (nearest rank)."""
    ranked = sorted(seconds)
    return Figures(
        what,
        engine,
        len(ranked),
        *(round(_percentile(ranked, share) * 1000, 1) for share in (0.5, 0.95, 1.0)),
    )


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


def play(stage: Stage, persona: Persona, tell: Callable[[str], None]) -> PlayedCall:
    """Plays one call on the stage."""
    speaker = Speaker(CALLER_VOICES)
    try:
        mind = CallerMind(persona, stage.caller(persona.number, persona.name), speaker.speak, deadline=1200.0)
        stage.watch_caller(persona.number, mind.watch)
        stage.watch_caller(persona.number, lambda moment: tell(type(moment).__name__))
        return mind.play()
    finally:
        speaker.close()


def measure_turns(stage: Stage, turns: int, tell: Callable[[str], None]) -> tuple[Figures, PlayedCall]:
    """From the end of the caller's speech to the first changed sample that the caller hears."""
    played = play(stage, looping_caller(turns, interrupts_after=None), tell)
    engine = stage.server.rooms.voice.engine
    return figures("turn", engine, played.turn_seconds), played


def measure_barge_in(stage: Stage, turns: int, tell: Callable[[str], None]) -> tuple[Figures, PlayedCall]:
    """From the onset of the caller's speech over a prompt to the prompt's end at the caller's ear."""
    played = play(stage, looping_caller(turns, interrupts_after=0.6), tell)
    engine = stage.server.rooms.voice.engine
    return figures("barge_in", engine, played.stop_seconds), played
