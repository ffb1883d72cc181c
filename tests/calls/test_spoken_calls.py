"""A caller who speaks gets what they asked for, and hears it: the main job, end to end."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from data.seeds import demo_customers
from data.store import Store
from ivr.audible import amount_heard
from ivr.cli.demo import one_by_one
from ivr.demo import CallerMind, Persona, PlayedCall, Reply, spoken_goal
from ivr.moments import CallerAnswered, SystemSpoke
from ivr.stage import Stage
from ivr.voice import Speaker
from speech.errors import ModelUnavailable
from speech.models import ModelStore
from tests.calls.conftest import settings_in

MOST_WITH_WHISPER = 1.5
MOST_WITH_VOSK = 0.7
"""Seconds from the end of the caller's speech to the first changed sample heard, as promised."""


def played(stage: Stage, speaker: Speaker, persona: Persona) -> PlayedCall:
    """Plays one call to its end."""
    mind = CallerMind(persona, stage.caller(persona.number, persona.name), speaker.speak)
    stage.watch_caller(persona.number, mind.watch)
    return mind.play()


def test_a_spoken_balance_call_reaches_its_goal(spoken_stage: Stage, speaker: Speaker) -> None:
    """Intent by voice, number by voice, the right amount, good-bye; recognised again at the caller's ear."""
    customer = next(one for one in demo_customers() if one.balance_cents == 8705)
    persona = Persona(
        name="Montserrat",
        number="+34600000001",
        language="es",
        replies=[
            *[Reply("main_menu", words="quiero saber mi saldo")] * 2,
            *[Reply("customer_number", words=one_by_one(customer.customer_number))] * 3,
            *[Reply("anything_else", words="no, gracias")] * 2,
        ],
    )
    call = played(spoken_stage, speaker, persona)
    voice = spoken_stage.server.rooms.voice
    verdict = spoken_goal(call, customer.balance_cents, customer.currency, voice.samples_of)
    assert verdict.reached, verdict.why
    assert call.over is not None
    assert (call.over.outcome, call.over.by) == ("balance_told", "system")

    assert voice.recognizer is not None
    told = next(one for one in call.moments if isinstance(one, SystemSpoke) and one.step == "tell")
    first_sentence = call.heard_of("tell")[: len(voice.samples_of(told.words[0], "es")) + 3200]
    understood = amount_heard(
        voice.recognizer,
        first_sentence,
        told.words[0],
        customer.balance_cents,
        language="es",
        currency=customer.currency,
    )
    assert understood == customer.balance_cents
    assert sorted(call.turn_seconds)[len(call.turn_seconds) // 2] < MOST_WITH_WHISPER

    store = Store(spoken_stage.settings.database_url)
    record = store.calls.get(UUID(call.over.call_id))
    store.close()
    assert record is not None
    assert record.finished
    assert [turn.kind for turn in record.turns if turn.who == "caller"].count("match") >= 3
    assert any("87,05 €" in turn.text for turn in record.turns)
    assert call.over.recording is not None
    assert call.over.recording.stat().st_size > 100_000


def test_vosk_hears_a_caller_and_answers_within_its_time(
    tmp_path: Path, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The streaming path proved with the Korean model: yes is heard, the answer starts within 0.7 s."""
    try:
        ModelStore().ensure("vosk-ko")
    except ModelUnavailable as nowhere:
        pytest.skip(f"no Korean Vosk model: {nowhere}")
    settings = settings_in(tmp_path, engine="auto")
    flows = Path(__file__).parent.parent / "dialogs" / "flows"
    settings = settings.model_copy(
        update={
            "flows": flows,
            "calls": settings.calls.model_copy(update={"flow": "korean"}),
            "speech": settings.speech.model_copy(update={"fetch": False}),
        }
    )
    with Stage(settings, extra_languages=("ko",)) as stage:
        assert "vosk" in stage.server.rooms.voice.engine
        latencies = []
        for turn in range(3):
            persona = Persona(
                name="Kim", number=f"+8210000000{turn}", language="ko", replies=[Reply("pay", words="네")] * 3
            )
            call = played(stage, speaker, persona)
            answers = [one for one in call.moments if isinstance(one, CallerAnswered)]
            assert [answer.value for answer in answers if answer.result == "match"] == ["yes"]
            assert call.over is not None
            assert call.over.outcome == "will_pay"
            latencies += call.turn_seconds
        assert sorted(latencies)[len(latencies) // 2] < MOST_WITH_VOSK
