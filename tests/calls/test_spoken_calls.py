"""A caller who speaks gets what they asked for, and hears it: the main job, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from uuid import UUID

import gevent
import pytest
from gevent.queue import Queue

from data.seeds import DEMO_PIN, demo_customers
from data.store import Store
from dialogs.engine import Conversation
from dialogs.facts import Facts
from esl.embedded.caller import ScriptedCaller
from esl.embedded.measure import first_loud
from esl.switch import Call
from ivr.clock import Clock
from ivr.demo import CallerMind, Persona, PlayedCall, Reply, one_by_one, spoken_goal
from ivr.living.audible import found_in
from ivr.living.services import Services
from ivr.moments import CallerAnswered, CallOver, Moment, SystemSpoke
from ivr.records import Basis
from ivr.session import Session
from ivr.stage import MORNING, Stage
from ivr.voice import Speaker
from tests.calls.amounts_heard import amount_heard
from tests.calls.conftest import settings_in
from tests.calls.streamed import streaming_place
from tests.contract.place import EXTENSION
from tests.models import need_model

MOST_WITH_VOSK = 0.7
"""Seconds from the end of the caller's speech to the first changed sample heard, as promised for a quiet
machine: held against it by the `long` tests; Whisper's by `ivr bench turns`."""
NO_DEAD_AIR = 6.0
"""Seconds within which an answer starts however busy the machine is."""
M = TypeVar("M", bound=Moment)
YES = [Reply("pay", words="네")] * 3


def played(stage: Stage, speaker: Speaker, persona: Persona) -> PlayedCall:
    """Plays one call to its end."""
    mind = CallerMind(persona, stage.caller(persona.number, persona.name), speaker.speak)
    stage.watch_caller(persona.number, mind.watch)
    return mind.play()


def test_a_spoken_balance_call_reaches_its_goal(spoken_stage: Stage, speaker: Speaker) -> None:
    """Intent by voice, number by voice, the right amount, good-bye; recognised again at the caller's ear."""
    customer = next(one for one in demo_customers() if one.balance_cents == 2100)
    persona = Persona(
        name="Montserrat",
        number="+34600000001",
        language="es",
        replies=[
            *[Reply("main_menu", words="quiero saber mi saldo")] * 2,
            *[Reply("customer_number", words=one_by_one(customer.customer_number))] * 3,
            *[Reply("pin", keys=DEMO_PIN)] * 2,
            *[Reply("about_the_payment", words="no")] * 2,
            Reply("anything_else", words="no, gracias"),
            *[Reply("anything_else", words="no")] * 2,
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
    _, first_sentence = found_in(call.heard_of("tell"), voice.samples_of(told.words[0], "es"))
    understood = amount_heard(
        voice.recognizer,
        first_sentence,
        told.words[0],
        customer.balance_cents,
        language="es",
        currency=customer.currency,
    )
    assert understood == customer.balance_cents
    assert sorted(call.turn_seconds)[len(call.turn_seconds) // 2] < NO_DEAD_AIR

    store = Store(spoken_stage.settings.database_url)
    record = store.calls.get(UUID(call.over.call_id))
    store.close()
    assert record is not None
    assert record.finished
    assert [turn.kind for turn in record.turns if turn.who == "caller"].count("match") >= 3
    assert any("21,00 €" in turn.text for turn in record.turns)
    assert call.over.recording is not None
    assert call.over.recording.stat().st_size > 100_000


def test_a_caller_who_is_heard_over_a_websocket_interrupts_and_is_understood(
    spoken_stage: Stage, speaker: Speaker, tmp_path: Path
) -> None:
    """The other transport under the whole path: onset, barge-in, end of speech, recogniser, dialog."""
    rooms = spoken_stage.server.rooms
    moments: Queue[Moment] = Queue()

    def live(call: Call) -> None:
        record = rooms.records.begin(call, Basis(flow="main", flow_version="1"), language="es")
        services = Services(
            prompts=rooms.voice.prompts,
            recognizer=rooms.voice.recognizer,
            lookups=rooms.lookups,
            clock=Clock(),
            watch=moments.put,
            longest_call=60.0,
        )
        facts = Facts("es", now=MORNING, recorded=True)
        conversation = Conversation(rooms.live.current.flows, "main", facts)
        Session(call, conversation, record, services).live()

    def until(kind: type[M], step: str = "main_menu") -> M:
        while True:
            moment = moments.get(timeout=20)
            if isinstance(moment, kind) and getattr(moment, "step", step) == step:
                return moment

    with streaming_place(tmp_path, live) as (place, _):
        caller = ScriptedCaller(place.switch.line_address, destination=EXTENSION, number="34600111222")
        words = speaker.speak("quiero saber mi saldo", "es")
        caller.join()
        until(SystemSpoke)
        assert caller.wait_for_sound()
        caller.silent(0.5)
        utterance = caller.speak(words)
        stopped = caller.barge_in_latency(utterance.start + (first_loud(words) or 0))
        answer = until(CallerAnswered)
        caller.hang_up()
        over = until(CallOver)
    assert (answer.value, answer.by) == ("balance", "voice")
    assert stopped is not None
    assert stopped < 1.0
    assert over.by == "caller"


def korean_calls(folder: Path, speaker: Speaker, count: int) -> list[float]:
    """Plays calls that say yes in Korean, three at a time; the seconds until each was answered."""
    settings = settings_in(folder, engine="vosk")
    settings = settings.model_copy(
        update={
            "flows": Path(__file__).parent.parent / "dialogs" / "flows",
            "calls": settings.calls.model_copy(update={"flow": "korean"}),
            "speech": settings.speech.model_copy(update={"fetch": False}),
        }
    )
    latencies = []
    with Stage(settings, extra_languages=("ko",)) as stage:
        assert "vosk" in stage.server.rooms.voice.engine
        for begin in range(0, count, 3):
            personas = [
                Persona(name="Kim", number=f"+82100000{place:03}", language="ko", replies=YES)
                for place in range(begin, min(begin + 3, count))
            ]
            calls = [gevent.spawn(played, stage, speaker, persona) for persona in personas]
            gevent.joinall(calls, raise_error=True)
            for call in (greenlet.value for greenlet in calls):
                answers = [one for one in call.moments if isinstance(one, CallerAnswered)]
                assert [answer.value for answer in answers if answer.result == "match"] == ["yes"]
                assert call.over is not None
                assert call.over.outcome == "will_pay"
                latencies += call.turn_seconds
                for turn in call.turns:
                    # The pause is counted in sound: a busy machine changes nothing but that the words so far
                    # are late, and then it is the usual half second.
                    assert 0.28 <= turn.pause <= 0.52, turn
                    assert min(turn.recognition, turn.dialog) >= 0, turn
    return sorted(latencies)


@pytest.fixture
def korean_model() -> None:
    """The only small Vosk model that a package registry carries."""
    need_model("vosk-ko")


@pytest.mark.usefixtures("korean_model")
def test_vosk_hears_a_caller_and_answers(tmp_path: Path, speaker: Speaker) -> None:
    """The streaming path proved with the Korean model: yes is heard, and the answer starts."""
    latencies = korean_calls(tmp_path, speaker, 3)
    assert max(latencies) < NO_DEAD_AIR


@pytest.mark.long
@pytest.mark.usefixtures("korean_model")
def test_vosk_answers_within_its_time_thirty_times(tmp_path: Path, speaker: Speaker) -> None:
    """The promise itself: the 95th percentile of thirty turns."""
    latencies = korean_calls(tmp_path, speaker, 30)
    assert len(latencies) >= 30
    p95 = latencies[round(0.95 * len(latencies)) - 1]
    print(f"vosk: n={len(latencies)} p50={latencies[len(latencies) // 2]:.3f} s p95={p95:.3f} s")
    assert p95 < MOST_WITH_VOSK
