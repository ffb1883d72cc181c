"""A synthesiser that hangs in a whole call: what the caller hears meanwhile, and that no silence is long."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from dialogs.effects import Spoken
from dialogs.wording import wording
from ivr.demo import CallerMind, Persona, PlayedCall
from ivr.living.attention import Attention
from ivr.living.audible import likeness
from ivr.living.voicing import ONE_MOMENT
from ivr.moments import LookedUp, Moment
from ivr.stage import Stage
from speech.pyttsx3 import Pyttsx3
from speech.sound import SAMPLE_RATE, read_wav, to_samples
from tests.calls.conftest import settings_in
from tests.calls.test_keyed_calls import CALLERS, said, silent_voice
from tests.speech.test_waited_for import NEVER_READY

LONGEST = 2.2
"""Seconds of silence at the caller's ear: two, and what a busy machine adds."""
AUDIBLE = 0.01
"""Of full scale."""

ASKS_FOR_AN_ORDER, ASKS_ABOUT_A_TICKET = CALLERS[1:3]
"""Neither is told what the other is: each needs sentences that are not there yet."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """With prompts of its own, none of which is prepared: only "one moment, please" is there all the same."""
    folder = tmp_path_factory.mktemp("hung")
    settings = settings_in(folder, engine="none").model_copy(update={"prompts": folder / "prompts"})
    with Stage(settings, agent_talks_for=0.5) as found:
        found.server.rooms.voice.wait_warm()
        assert found.server.rooms.voice.prompts.source_of(moment_please()) == "cache"
        yield found


def moment_please() -> Spoken:
    return Spoken(wording(ONE_MOMENT, "es"), "es", f"built_in/{ONE_MOMENT}/es")


def engine_of(stage: Stage) -> Pyttsx3:
    engine = stage.server.rooms.voice._synthesizer._speaker
    assert isinstance(engine, Pyttsx3)
    return engine


def played(stage: Stage, persona: Persona, hang: int) -> tuple[PlayedCall, float]:
    """When what was asked for has been found, that worker is stopped. The call, and the longest silence that
    the caller heard from then on, in seconds."""
    caller = stage.caller(persona.number, persona.name)
    mind = CallerMind(persona, caller, silent_voice)
    found_at: list[int] = []

    def watch(moment: Moment) -> None:
        if isinstance(moment, LookedUp):
            os.kill(hang, signal.SIGSTOP)
            found_at.append(caller.position)
        mind.watch(moment)

    stage.watch_caller(persona.number, watch)
    mind.play()
    stage.wait_until_idle()
    (since,) = found_at
    return mind.played, longest_silence(mind.played.heard[2 * since :])


def longest_silence(heard: bytes) -> float:
    """Seconds, up to the last sound."""
    samples = np.abs(to_samples(heard))
    loud = np.flatnonzero(samples > AUDIBLE)
    return float(np.diff(loud, prepend=0).max() / SAMPLE_RATE)


def test_a_prompt_that_takes_its_time_is_announced_and_heard(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker goes on when the caller has been told to wait."""
    engine = engine_of(stage)
    (worker,) = engine.worker_pids()
    monkeypatch.setattr(engine._pool, "_patience", 20.0)
    monkeypatch.setattr(engine._pool, "_least_patience", 20.0)
    until_said = Attention.until_said

    def goes_on(attention: Attention, command_id: str) -> None:
        os.kill(worker, signal.SIGCONT)
        until_said(attention, command_id)

    monkeypatch.setattr(Attention, "until_said", goes_on)
    call, silence = played(stage, ASKS_FOR_AN_ORDER, worker)
    assert said(call, "arrives") == "Le llegará el 25 de noviembre de 2026."
    assert call.over is not None and call.over.outcome == "order_told"
    assert likeness(call.heard, read_wav(stage.server.rooms.voice.prompts.file_of(moment_please()))) > 0.9
    assert 1.5 < silence < LONGEST


def test_where_no_voice_comes_back_the_caller_goes_to_a_person(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes the place of the worker hangs while it starts."""
    engine = engine_of(stage)
    (worker,) = engine.worker_pids()
    monkeypatch.setattr(engine._pool._pool, "_spawner", NEVER_READY)
    call, silence = played(stage, ASKS_ABOUT_A_TICKET, worker)
    assert call.over is not None and call.over.cause == "RELEASED_TO_FALLBACK"
    assert likeness(call.heard, read_wav(stage.server.rooms.voice.prompts.file_of(moment_please()))) > 0.9
    assert 1.5 < silence < LONGEST
