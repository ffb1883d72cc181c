"""A second engine for what the first one half believes, and engines that stand in for one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr.api.recognition import Recognition
from speech.auto import AutoRecognizer, Choice, choose
from speech.errors import RecognizerLost, RecognizerTimeout, SpeechError
from speech.model_catalogue import CATALOGUE
from speech.models import ModelStore
from speech.pyttsx3 import Pyttsx3
from speech.recognizer import Hypothesis, Reading
from speech.second_opinion import SecondOpinion, better, unsure
from tests.speech.conftest import _model, silence


def heard(*readings: tuple[str, float], engine: str = "vosk") -> Hypothesis:
    """An answer."""
    return Hypothesis(tuple(Reading(text, sure) for text, sure in readings), engine, 1.0, 0.1)


@dataclass
class Paper:
    """An utterance whose answer is written down."""

    answer: Hypothesis | SpeechError
    got: bytearray = field(default_factory=bytearray)
    cancelled: bool = False
    waited: float = 0.0

    def feed(self, samples: bytes) -> None:
        """Keeps it."""
        self.got += samples

    def pause(self) -> None:
        """Nothing."""

    def resume(self) -> None:
        """Nothing."""

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """Nothing."""
        return ()

    def finish(self, timeout: float) -> Hypothesis:
        """The answer."""
        self.waited = timeout
        if isinstance(self.answer, SpeechError):
            raise self.answer
        return self.answer

    def cancel(self) -> None:
        """Noted."""
        self.cancelled = True


def _both(first: Paper, second: Paper | SpeechError) -> tuple[Hypothesis, list[Paper]]:
    asked: list[Paper] = []

    def ask() -> Paper:
        if isinstance(second, SpeechError):
            raise second
        asked.append(second)
        return second

    utterance = SecondOpinion(first, ask, stand_ins=[ask])
    utterance.feed(b"ab")
    utterance.feed(b"cd")
    return utterance.finish(6.0), asked


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ((), False),
        ((("sí", 0.9), ("no", 0.1)), False),
        ((("sí", 0.45),), True),
        ((("sí", 0.55), ("no", 0.45)), True),
    ],
)
def test_when_another_engine_is_asked(readings: tuple[tuple[str, float], ...], expected: bool) -> None:
    """A weak best reading, or two that are as good; never where nothing was understood."""
    assert unsure(heard(*readings)) is expected


def test_who_is_sure_answers_alone() -> None:
    """The second engine costs nothing then."""
    answer, asked = _both(Paper(heard(("saldo", 0.9))), Paper(heard(("pedido", 1.0))))
    assert (answer.readings[0].text, asked) == ("saldo", [])


def test_the_second_engine_hears_everything() -> None:
    """All of the sound, and no more time than a caller bears."""
    first, second = Paper(heard(("dos", 0.4), ("doce", 0.35))), Paper(heard(("doce", 0.8), engine="whisper"))
    answer, asked = _both(first, second)
    assert asked == [second] and bytes(second.got) == b"abcd" and second.waited <= 1.2 and second.cancelled
    assert answer.readings[0].text == "doce" and answer.engine == "vosk+whisper"
    assert answer.readings[0].confidence > 0.8  # they agree: 1 - 0.65 * 0.2


def test_agreement_makes_sure() -> None:
    """Two half beliefs in the same word are worth more than one firm belief in another."""
    answer = better(heard(("sí", 0.45), ("no", 0.3)), heard(("sí", 0.5), engine="w"))
    assert answer.readings[0] == Reading("sí", pytest.approx(0.725))
    assert better(heard(("sí", 0.4)), heard(engine="w")).readings[0].confidence == 0.4


@pytest.mark.parametrize("fault", [RecognizerTimeout("late"), RecognizerLost("gone")])
def test_a_second_opinion_that_fails_is_none(fault: SpeechError) -> None:
    """The first answer stands, whether the other engine refuses or is late."""
    for second in (Paper(fault), fault):
        answer, _asked = _both(Paper(heard(("sí", 0.4))), second)
        assert answer.readings == (Reading("sí", 0.4),)


def test_a_lost_first_engine_is_replaced() -> None:
    """The caller's words are heard by the other one, within two seconds."""
    second = Paper(heard(("saldo", 0.9), engine="whisper"))
    answer, _asked = _both(Paper(RecognizerLost("gone")), second)
    assert answer.readings[0].text == "saldo" and second.waited <= 2.0
    with pytest.raises(RecognizerLost, match="gone"):
        _both(Paper(RecognizerLost("gone")), RecognizerLost("none"))


def _told(recognition: Recognition) -> dict[tuple[str, str, str], float]:
    """Name, engine, and what else it is told by → value."""
    return {
        (
            sample.name,
            sample.labels["engine"],
            sample.labels.get("what", sample.labels.get("le", "")),
        ): sample.value
        for metric in recognition.collect()
        for sample in metric.samples
    }


def test_engines_stand_in_for_one_another(speaker: Pyttsx3) -> None:
    """A vosk-server that is not there, then our own Vosk, both real; told in `reasons`, `figures`, and as
    Prometheus reads them."""
    choice = Choice(
        vosk={"ko": _model("vosk-ko")},
        reasons={"ko": "both"},
        servers={"ko": ("ws://127.0.0.1:9",)},
    )
    assert choice.engines == {"ko": "vosk-server"}
    recognizer = AutoRecognizer(choice, vosk_workers=1)
    try:
        recognizer.wait_ready(60)
        assert recognizer.engine == "vosk-server+vosk"
        (told,) = recognizer.listeners(["ko"])
        assert told.startswith(
            "recognition by vosk: ko, until a vosk-server answers (ws://127.0.0.1:9 cannot be"
        )
        utterance = recognizer.open(language="ko", phrases=("네", "아니요"))
        sound = silence(0.2) + speaker.speak("네", language="ko") + silence(0.3)
        utterance.feed(sound)
        assert utterance.finish(20).readings[0].text == "네"
        assert recognizer.figures["vosk"].answered == 1
        server = recognizer.figures["vosk-server"]
        assert server.refused + server.lost == 1  # refused at once, or tried again after ten seconds
        counted = _told(Recognition(lambda: recognizer))
        assert counted["ivr_recognizer_utterances_total", "vosk", "answered"] == 1
        assert counted["ivr_recognizer_wait_seconds_count", "vosk", ""] == 1
        assert counted["ivr_recognizer_wait_seconds_bucket", "vosk", "+Inf"] == 1
        assert counted["ivr_recognizer_audio_seconds_total", "vosk", ""] == pytest.approx(len(sound) / 16000)
        assert counted["ivr_recognizer_workers", "vosk", ""] == 1
        assert (counted["ivr_recognizer_busy", "vosk", ""], counted["ivr_recognizer_limit", "vosk", ""]) == (
            0,
            60,
        )
        assert counted["ivr_recognizer_limit", "vosk-server", ""] > 0
    finally:
        recognizer.close()


def test_who_listens_is_told_once_and_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """Servers of two languages that are away, one of which has a model here: the log says nothing else."""
    choice = Choice(
        vosk={"ko": _model("vosk-ko")},
        reasons={"ko": "both", "ca": "a server", "en": "keys only: no model"},
        servers={"ca": ("ws://127.0.0.1:9",), "ko": ("ws://127.0.0.1:9",)},
    )
    recognizer = AutoRecognizer(choice, vosk_workers=1)
    try:
        with caplog.at_level("WARNING"):
            recognizer.wait_ready(60)
        assert set(recognizer.away) == {"ca", "ko"}
        first, second, third = recognizer.listeners(["ko", "ca", "en"])
        assert first.startswith(
            "recognition by vosk: ko, until a vosk-server answers (ws://127.0.0.1:9 cannot be"
        )
        assert second.startswith(
            "recognition of ca: keys only, until a vosk-server answers (ws://127.0.0.1:9"
        )
        assert third == "recognition of en: keys only: no model"
        assert [record.message for record in caplog.records] == []
    finally:
        recognizer.close()


def test_an_engine_that_does_not_start_takes_no_other_with_it(tmp_path: Path) -> None:
    """A Spanish folder that holds the Korean model: Whisper listens to Spanish, as it does to Catalan. And
    without a Whisper Vosk listens alone."""
    whisper = _model("whisper-base")
    reasons = {"es": "Vosk: there", "ca": "Whisper: there"}
    choice = Choice({"es": _model("vosk-ko")}, whisper, ("ca",), reasons, second_opinion=("es",))
    recognizer = AutoRecognizer(choice, vosk_workers=1)
    try:
        recognizer.wait_ready(120)
        assert {one: recognizer.engine_of(one) for one in ("es", "ca")} == dict.fromkeys(
            ("es", "ca"), "whisper-base"
        )
        assert recognizer.engine == "whisper-base" and "vosk" not in recognizer.figures
        recognizer.open(language="es", phrases=("sí", "no")).cancel()
    finally:
        recognizer.close()
    choice = Choice(
        {"ko": _model("vosk-ko")}, tmp_path, ("ca",), {"ko": "", "ca": ""}, second_opinion=("ko",)
    )
    recognizer = AutoRecognizer(choice, vosk_workers=1)
    try:
        recognizer.wait_ready(120)
        assert recognizer.engine == "vosk" and recognizer.languages() == {"ko"}
        assert recognizer.reasons["ca"].startswith("keys only: worker_whisper")
    finally:
        recognizer.close()


Installed = Callable[[str], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Puts empty models into a store of its own."""
    monkeypatch.setenv("IVR_MODELS", str(tmp_path))

    def install(name: str) -> None:
        store = ModelStore(cache=tmp_path / "none", local=tmp_path)
        model = CATALOGUE[name]
        for path in model.required:
            file = tmp_path / model.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
        assert store.installed(name)

    return install


def test_what_is_chosen(tmp_path: Path, installed: Installed) -> None:
    """Servers first, a local model in their place; Whisper for the rest, and as a second opinion."""
    store = ModelStore(cache=tmp_path / "none", local=tmp_path)
    servers = {"es": ("ws://10.0.0.6:2700",)}
    choice = choose(("es", "ca"), store, servers=servers)
    assert choice.engines == {"es": "vosk-server", "ca": "keys"} and choice.second_opinion == ()
    installed("vosk-es")
    choice = choose(("es",), store, servers=servers)
    assert "Vosk while it is lost" in choice.reasons["es"] and "es" in choice.vosk
    installed("whisper-base")
    choice = choose(("es", "ca"), store, servers=servers)
    assert choice.engines == {"es": "vosk-server", "ca": "whisper-base"}
    assert choice.second_opinion == ("es",) and choice.whisper_languages == ("ca",)
    assert choose(("es",), store).second_opinion == ("es",)
    assert choose(("es",), store, second_opinion=False).whisper is None
    assert choose(("es",), store, engine="vosk").whisper is None
    assert choose(("es",), store, engine="whisper", servers=servers).engines == {"es": "whisper-base"}
