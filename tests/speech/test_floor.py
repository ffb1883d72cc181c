"""What is begun before a question's turn is no answer to it: all of an utterance counts, or nothing of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dialogs.results import Keyed, Match, NoInput, NoMatch
from dialogs.slots.yes_no import YesNo
from esl.switch import Digit, ListeningLost
from ivr.living.floor import HEARD_OUT
from speech.pyttsx3 import CALLER_VOICES, Pyttsx3
from speech.sound import SAMPLE_RATE, read_wav, seconds_of, to_pcm, to_samples
from tests.speech.conftest import noise
from tests.speech.question_scene import PaperEngine, Say, Scene


@pytest.fixture
def scene(tmp_path: Path, speaker: Pyttsx3) -> Scene:
    """A call with something that is told, and a question."""
    return Scene(tmp_path, speaker)


@pytest.fixture(scope="module")
def say() -> Say:
    """The caller's voice."""
    engine = Pyttsx3(voices=CALLER_VOICES, timeout=20.0, patience=20.0)
    return lambda text: engine.speak(text, language="es")


def quiet(seconds: float) -> bytes:
    return noise(seconds, 5)


def told_for(scene: Scene) -> float:
    return seconds_of(read_wav(scene.told))


def asked_for(scene: Scene) -> float:
    return seconds_of(read_wav(scene.prompt))


def paused_before_asking(scene: Scene) -> float:
    """Seconds between what is told and the question's prompt."""
    (began, seconds), (asked_at, _) = scene.call.sounded[:2]
    return asked_at - began - seconds


def test_half_a_sentence_is_no_answer(scene: Scene, say: Say) -> None:
    """Whoever speaks as the question is due is waited for, and then asked; nobody judges the rest of it."""
    over_it = say("no sé si es así")
    scene.line.say(
        quiet(told_for(scene) - 0.6) + over_it + quiet(asked_for(scene) + 1.5) + say("sí") + quiet(2)
    )
    engine = PaperEngine(["sí"])
    scene.tell()
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, Match)
    assert len(engine.heard) == 1
    assert "stop_playing" not in scene.call.orders
    assert seconds_of(over_it) - 0.6 < paused_before_asking(scene) < HEARD_OUT


def test_nobody_who_is_silent_waits(scene: Scene, say: Say) -> None:
    """Also who spoke into what was told, and has ended."""
    scene.line.say(quiet(0.5) + say("ya lo sé") + quiet(told_for(scene) + 2) + say("no") + quiet(2))
    scene.tell()
    collected = scene.ask(YesNo(), PaperEngine(["no"]))
    assert isinstance(collected.answer, Match)
    assert paused_before_asking(scene) < 0.05


def test_who_speaks_while_the_prompt_is_made_is_waited_for(scene: Scene, say: Say) -> None:
    """Else it is cut at its first syllable, and what they were saying is its answer."""
    before = say("pues no, que no lo sé")
    scene.line.say(
        quiet(told_for(scene) + 0.2) + before + quiet(asked_for(scene) + 1.5) + say("sí") + quiet(2)
    )
    engine = PaperEngine(["sí"])
    scene.tell()
    collected = scene.ask(YesNo(), engine, makes_for=0.8)
    assert isinstance(collected.answer, Match) and len(engine.heard) == 1
    assert "stop_playing" not in scene.call.orders
    assert paused_before_asking(scene) == pytest.approx(0.2 + seconds_of(before) + 0.4, abs=0.25)


def test_a_key_while_the_prompt_is_made_answers(scene: Scene) -> None:
    """As one that was pressed before: nobody who knows the question has to hear it."""
    scene.line.say(quiet(told_for(scene) + 0.2))
    scene.line.then(Digit("1"))
    scene.tell()
    assert scene.ask(YesNo(), PaperEngine([]), makes_for=0.5).given == Keyed("1")
    assert len(scene.call.sounded) == 1


def test_who_talks_on_is_asked_all_the_same(scene: Scene, say: Say) -> None:
    """After less than two seconds, and not cut short by what they go on saying; the next time at once."""
    story = say(
        "pues mire usted, yo el otro día llamé y me dijeron que no me preocupara, que eso se arreglaba solo "
        "en una semana, y aquí estamos igual que antes, sin que nadie me diga nada de nada"
    )
    assert seconds_of(story) > 1 + HEARD_OUT + asked_for(scene)
    scene.line.say(quiet(told_for(scene) - 1) + story + quiet(2))
    scene.tell()
    scene.ask(YesNo(), PaperEngine(["nada de nada"]))
    assert paused_before_asking(scene) == pytest.approx(HEARD_OUT, abs=0.1)
    assert "stop_playing" not in scene.call.orders
    scene.call.sounded.clear()
    scene.line.say(quiet(told_for(scene) - 1) + story + quiet(2))
    scene.tell()
    scene.ask(YesNo(), PaperEngine(["nada de nada"]))
    assert paused_before_asking(scene) < 0.05


STORY = (
    "pues mire usted, yo el otro día llamé y me dijeron que no me preocupara, que eso se arreglaba solo "
    "en una semana, y aquí estamos igual que antes, sin que nadie me diga nada de nada, y ya está bien"
)


def test_who_talks_through_the_wait_and_the_whole_question_is_asked_again(scene: Scene, say: Say) -> None:
    """They have not heard what is asked: the tail of their sentence answers nothing."""
    story = say(STORY)
    told_first = told_for(scene) - 0.2
    assert len(story) / 16_000 > 0.2 + HEARD_OUT + asked_for(scene) + 0.6
    scene.line.say(quiet(told_first) + story + quiet(2))
    engine = PaperEngine(["sí"])
    scene.tell()
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, NoMatch) and collected.given is None and engine.heard == []


def test_who_talks_on_beyond_the_longest_time_and_through_the_next_question_is_asked_again(
    scene: Scene, say: Say
) -> None:
    """As well: nobody waits for them, and what they say next is heard by nobody but them."""
    story = say(STORY)
    assert len(story) / 16_000 > asked_for(scene) + 0.6
    scene.line.say(story + quiet(2))
    engine = PaperEngine(["sí"])
    collected = scene.ask(YesNo(), engine, into_prompts="talk")
    assert isinstance(collected.answer, NoMatch) and collected.given is None and engine.heard == []


def test_who_ends_their_sentence_and_answers_over_the_last_word_is_heard(scene: Scene, say: Say) -> None:
    """What begins as the question ends is an answer, also of who was waited for in vain."""
    before, answer = say(STORY)[: round(3.6 * 16_000)], say("sí, señor")
    wait = quiet(HEARD_OUT + asked_for(scene) - 3.6 + 0.2 - 0.3)
    scene.line.say(quiet(told_for(scene) - 0.2) + before + wait + answer + quiet(2))
    engine = PaperEngine(["sí señor"])
    scene.tell()
    assert isinstance(scene.ask(YesNo(), engine).answer, Match)
    assert seconds_of(answer) < engine.heard[0] < seconds_of(answer) + 1.5


def test_a_caller_is_heard_over_the_television_that_was_waited_for(scene: Scene, say: Say) -> None:
    """It spoke through the wait and through the question; the caller, much louder, answers."""
    told, asked = told_for(scene), asked_for(scene)
    at = round((told + HEARD_OUT + asked + 0.8) * SAMPLE_RATE)
    line = np.resize(to_samples(say(STORY)), at + 5 * SAMPLE_RATE) * 10 ** (-15 / 20)
    answer = to_samples(say("sí, claro"))
    line[at : at + len(answer)] += answer
    line[at + len(answer) :] = 0
    scene.line.say(to_pcm(line))
    scene.tell()
    engine = PaperEngine(["sí claro"])
    assert isinstance(scene.ask(YesNo(), engine).answer, Match)
    # Not what the television said in the eight tenths of a second before.
    assert len(answer) / SAMPLE_RATE < engine.heard[0] < len(answer) / SAMPLE_RATE + 0.8 + 0.5


@pytest.mark.parametrize("barge_in", [True, False])
def test_a_line_that_echoes_is_not_taken_for_a_caller_who_talks_on(
    scene: Scene, say: Say, barge_in: bool
) -> None:
    """It brings the question back until its last word, from a room so large that it is not known again: the
    answer after it counts."""
    prompt = to_samples(read_wav(scene.prompt))
    room = np.random.default_rng(1).normal(size=4000) * np.exp(-np.arange(4000) / 1500)
    echo = np.convolve(prompt, room / np.sqrt((room**2).sum())) * 10 ** (-12 / 20)
    scene.line.say(quiet(0.16) + to_pcm(echo) + quiet(1) + say("no") + quiet(2))
    collected = scene.ask(YesNo(), PaperEngine(["no"]), into_prompts="echo", barge_in=barge_in)
    assert isinstance(collected.answer, Match)


def test_our_own_voice_on_the_line_is_nobodys(scene: Scene, say: Say) -> None:
    """A loudspeaker brings back what was told: nobody is waited for, and no prompt is stopped by it."""
    echo = to_pcm(to_samples(read_wav(scene.told)) * 10 ** (-12 / 20))
    scene.line.say(quiet(0.16) + echo + quiet(asked_for(scene) + 1) + say("no") + quiet(2))
    scene.tell()
    collected = scene.ask(YesNo(), PaperEngine(["no"]))
    assert collected.echoes and isinstance(collected.answer, Match)
    assert paused_before_asking(scene) < 0.05


def test_a_key_ends_the_wait(scene: Scene, say: Say) -> None:
    """And answers."""
    scene.line.say(quiet(told_for(scene) - 0.4) + say("pues no sé yo qué decirle")[:16_000])
    scene.line.then(Digit("1"))
    scene.tell()
    assert scene.ask(YesNo(), PaperEngine([])).given == Keyed("1")
    assert len(scene.call.sounded) == 1


@pytest.mark.parametrize("beginning", [0.9, 2.5])
def test_what_begins_before_a_text_is_told_does_not_agree_to_it(
    scene: Scene, say: Say, beginning: float
) -> None:
    """Nobody may speak into it: however they go on, they are asked again, and no recogniser is."""
    said = say("pues no, yo a eso no le voy a decir que sí")
    assert seconds_of(said) > beginning + 0.2
    scene.line.say(quiet(asked_for(scene) - beginning) + said + quiet(3))
    collected = scene.ask(YesNo(), PaperEngine([]), barge_in=False)
    assert isinstance(collected.answer, NoMatch) and collected.given is None
    assert "stop_playing" not in scene.call.orders


@pytest.mark.parametrize("below", [15, 10])
def test_a_caller_is_heard_over_the_television(scene: Scene, say: Say, below: int) -> None:
    """It has been speaking all the time, and goes on; what they say over it answers what nobody may speak
    into. Without them it is no answer."""
    news = say(
        "y en otras noticias el gobierno ha anunciado que las obras de la nueva línea comenzarán pronto"
    )
    told = round((asked_for(scene) + 0.8) * SAMPLE_RATE)
    television = np.resize(to_samples(news), told + 5 * SAMPLE_RATE) * 10 ** (-below / 20)
    line, answer = television.copy(), to_samples(say("sí, claro"))
    line[told : told + len(answer)] += answer
    engine = PaperEngine(["sí claro"])
    scene.line.say(to_pcm(line))
    assert isinstance(scene.ask(YesNo(), engine, barge_in=False).answer, Match)
    assert engine.heard[0] > seconds_of(to_pcm(answer))
    scene.line.say(to_pcm(television))
    assert isinstance(scene.ask(YesNo(), PaperEngine([]), barge_in=False).answer, NoMatch)


@pytest.mark.parametrize("barge_in", [True, False])
def test_who_is_not_heard_any_more_is_not_waited_for(scene: Scene, say: Say, barge_in: bool) -> None:
    """The live audio ends in the middle of what they began too soon: the question goes on, by keys."""
    said = say("pues no, yo a eso no le voy a decir que sí")
    if barge_in:
        scene.line.say(quiet(told_for(scene) - 0.5) + said[:16_000])
    else:
        scene.line.say(quiet(asked_for(scene) - 0.7) + said[:24_000])
    scene.line.then(ListeningLost("gone"))
    if barge_in:
        scene.tell()
    collected = scene.ask(YesNo(), PaperEngine([]), barge_in=barge_in)
    assert isinstance(collected.answer, NoInput)


def test_an_answer_over_the_last_word_counts_whole(scene: Scene, say: Say) -> None:
    """Its first sound is not cut off."""
    said = say("sí, señor")
    scene.line.say(quiet(asked_for(scene) - 0.3) + said + quiet(3))
    engine = PaperEngine(["sí señor"])
    collected = scene.ask(YesNo(), engine, barge_in=False)
    assert isinstance(collected.answer, Match)
    assert engine.heard[0] > seconds_of(said)


def test_a_cough_over_the_last_words_is_nothing(scene: Scene, say: Say) -> None:
    """The question waits for an answer as ever."""
    scene.line.say(quiet(asked_for(scene) - 0.6) + say("ah")[:4000] + quiet(2) + say("sí") + quiet(2))
    engine = PaperEngine(["sí"])
    collected = scene.ask(YesNo(), engine, barge_in=False)
    assert isinstance(collected.answer, Match) and len(engine.heard) == 1
