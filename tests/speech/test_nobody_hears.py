"""What nobody takes, and whoever does not stop: questions in a row, with real prompts and a real ear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialogs.effects import Collect, Hangup, Keys, Spoken
from dialogs.results import Match, NoMatch, Result
from dialogs.slots.asking import Asking
from dialogs.slots.yes_no import YesNo
from ivr.living.services import Services
from speech.errors import RecognizerLost
from speech.pyttsx3 import Pyttsx3
from speech.sound import read_wav, seconds_of, to_pcm, to_samples
from tests.ivr.session_rig import Rig
from tests.speech.conftest import noise
from tests.speech.question_scene import PROMPT, AudioClock, Line, PaperEngine, RealCall, Say, Scene
from tests.speech.test_turns import say, scene

__all__ = ["say", "scene"]

TALK = "me dijeron que no me iban a cobrar nada más y resulta que miro la cuenta y está otra vez lo mismo"


@dataclass
class Busy(PaperEngine):
    """Refuses as many utterances as the test says."""

    refuses: int = 1
    asked: int = 0

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> PaperEngine:
        """As a pool whose workers have as much as they can bear."""
        self.asked += 1
        if self.asked <= self.refuses:
            raise RecognizerLost("worker_vosk is busy: 60 at a time on each worker")
        return super().open(language=language, phrases=phrases, words=words)


class Day(AudioClock):
    """Time is what has been heard, on a day."""

    def utc(self) -> datetime:
        """A day."""
        return datetime(2026, 11, 20, 10, tzinfo=UTC)


class SpokenRig(Rig):
    """A session whose prompts sound, and whose line brings what the test says."""

    def __init__(self, folder: Path, speaker: Pyttsx3, engine: PaperEngine) -> None:
        super().__init__(folder)
        self.scene = Scene(folder, speaker)
        self.clock = Day()  # type: ignore[assignment] # a clock
        self.call = self.real = RealCall(self.clock)  # type: ignore[arg-type] # a clock
        self.line: Line = self.real.inbox  # type: ignore[assignment] # see there
        self.whole = seconds_of(read_wav(self.scene.prompt))
        self._engine = engine

    def services(self) -> Services:
        """With ears and a voice."""
        return Services(
            prompts=self.scene,
            recognizer=self._engine,
            lookups=self.lookups,
            clock=self.clock,
            watch=self.moments.append,
            longest_call=self.longest,
        )

    def questions(self, count: int) -> tuple[list[Result], list[float]]:
        """The results of so many questions, and for how many seconds the prompt of each sounded."""
        dialog, _record = self.live([_question()] * count + [Hangup("trial")])
        prompt = self.whole
        played = [one for one in self.real.sounded if one[1] == pytest.approx(prompt)]
        return dialog.results, [
            min([prompt, *(at - began for at in self.real.stopped if at >= began)]) for began, _ in played
        ]


def _question() -> Collect:
    kind = YesNo()
    return Collect(
        prompt=(Spoken(PROMPT, "es"),),
        step="trial",
        kind=kind.name,
        language="es",
        phrases=kind.phrases("es"),
        keys=Keys(1, 1),
        judge=lambda answer: kind.judge(answer, Asking("es")),
        final_silence=kind.final_silence,
    )


@pytest.mark.parametrize("into_the_prompt", [True, False])
def test_an_answer_that_nobody_takes_is_asked_for_again(
    scene: Scene, say: Say, into_the_prompt: bool
) -> None:
    """As soon as it has been said: not after the silence of somebody who says nothing."""
    before = 0.5 if into_the_prompt else seconds_of(read_wav(scene.prompt)) + 1.0
    scene.line.say(noise(before, 5) + say("sí") + noise(8.0, 5))
    collected = scene.ask(YesNo(), Busy([]))
    assert collected.answer == NoMatch() and collected.recognizer_lost
    assert collected.ended_at is not None and scene.clock.time - collected.ended_at < 2.0


def test_long_words_that_nobody_takes_are_not_spoken_over(scene: Scene, say: Say) -> None:
    """Whoever begins in the last moment is not told that nothing was heard while they speak."""
    words = say(TALK)
    scene.line.say(noise(seconds_of(read_wav(scene.prompt)) + 5.0, 5) + words + noise(8.0, 5))
    collected = scene.ask(YesNo(), Busy([]))
    assert collected.answer == NoMatch() and collected.ended_at is not None
    assert collected.began_at is not None and collected.ended_at - collected.began_at > 3.0


def test_the_next_answer_is_heard(tmp_path: Path, speaker: Pyttsx3, say: Say) -> None:
    """One moment in which all workers were busy takes nobody's voice for the rest of the call."""
    rig = SpokenRig(tmp_path, speaker, Busy(["sí"], refuses=1))
    for _ in range(2):
        rig.line.say(noise(rig.whole + 0.5, 5) + say("sí") + noise(1.2, 5))
    results, _sounded = rig.questions(2)
    assert results[0] == NoMatch()
    assert isinstance(results[1], Match) and results[1].value == "yes"


def test_after_two_in_a_row_the_call_goes_by_keys(tmp_path: Path, speaker: Pyttsx3, say: Say) -> None:
    """Then no prompt is stopped any more by words that nobody can take."""
    engine = Busy([], refuses=9)
    rig = SpokenRig(tmp_path, speaker, engine)
    rig.line.say((noise(1.0, 5) + say("sí") + noise(0.6, 5)) * 9)
    results, sounded = rig.questions(3)
    assert results[:2] == [NoMatch(), NoMatch()] and engine.asked == 2
    assert max(sounded[:2]) < rig.whole - 1.0
    assert sounded[2] == pytest.approx(rig.whole)


def test_whoever_does_not_stop_hears_the_next_question(tmp_path: Path, speaker: Pyttsx3, say: Say) -> None:
    """Sixty seconds without a pause would stop each at its first syllable, and nobody would hear us."""
    rig = SpokenRig(tmp_path, speaker, PaperEngine(["bla"] * 9))
    talk = say(TALK)
    rig.line.say(noise(0.5, 5) + talk * (int(60 / seconds_of(talk)) + 1))
    results, sounded = rig.questions(3)
    assert all(isinstance(one, NoMatch) for one in results)
    assert sounded[0] < 1.5, "they may interrupt the first"
    assert sounded[1:] == pytest.approx([rig.whole] * 2)


def test_a_line_that_echoed_once_is_not_believed_again(tmp_path: Path, speaker: Pyttsx3, say: Say) -> None:
    """Speech cuts the first prompt short, which proves to be its echo, and no other."""
    engine = PaperEngine(["no", "sí"])
    rig = SpokenRig(tmp_path, speaker, engine)
    prompt = to_samples(read_wav(rig.scene.prompt)) * 10 ** (-12 / 20)
    back, again = to_pcm(prompt)[: 2 * 8000 * 2], to_pcm(prompt)
    rig.line.say(noise(0.16, 5) + back + noise(0.5, 5) + again + noise(1.0, 5) + say("no") + noise(1.0, 5))
    into = noise(0.6, 5) + say("mi saldo")
    rig.line.say(into + noise(rig.whole + 0.5 - seconds_of(into), 5) + say("sí") + noise(2.0, 5))
    results, sounded = rig.questions(2)
    assert [one.value for one in results if isinstance(one, Match)] == ["no", "yes"]
    assert sounded[0] < rig.whole - 1.0 and sounded[1:] == pytest.approx([rig.whole] * 2)
    assert len(engine.heard) == 2
