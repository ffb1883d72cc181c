"""The evaluation itself: sets that stay the same, lines that spoil as told, results that are counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dialogs.results import Alternative, Heard, Match
from dialogs.slots.asking import Asking
from dialogs.universals import find_universal
from ivr.cli.evaluate import evaluate
from ivr.config import Settings
from ivr.errors import MeasurementImpossible
from ivr.evaluation import answering, studio_voices
from ivr.evaluation.hearing import NOW, edits, in_words, judged, measure, mistakes, paces, spoilt, table
from ivr.evaluation.material import (
    SETS,
    VOICES,
    WISHES,
    Item,
    studio_items,
    synthetic_items,
)
from ivr.evaluation.menus import menu_kind
from ivr.evaluation.nothing import FOREIGN, OTHER_WORDS, STUDIO_SENTENCES, STUDIO_WORDS, questions
from ivr.evaluation.picture import picture
from ivr.evaluation.spoiling import CONDITIONS, a_law, lossy, mu_law
from speech.pyttsx3 import Pyttsx3, Voice
from speech.recognizer import Hypothesis, Reading
from speech.sound import Samples, speech_level, to_samples, write_wav
from tests.speech.conftest import noise, tones


@pytest.fixture(scope="module")
def said(speaker: Pyttsx3) -> Samples:
    """A sentence."""
    return to_samples(speaker.speak("Su saldo pendiente es de cien euros", language="es"))


@pytest.fixture(scope="module")
def speak() -> Iterator[object]:
    """A synthetic caller, whatever voice is asked for."""
    engine = Pyttsx3(
        voices={language: Voice(voices[0]) for language, voices in VOICES.items()},
        timeout=30.0,
        patience=30.0,
    )
    yield lambda text, language, _voice, pace: to_samples(engine.speak(text, language=language, pace=pace))
    engine.close()


# --- lines ---------------------------------------------------------------------------------------


def _decibels(clean: Samples, spoilt_: Samples) -> float:
    return 20 * float(np.log10(np.std(clean) / max(np.std(spoilt_ - clean), 1e-9)))


@pytest.mark.parametrize(("law", "least"), [(mu_law, 30.0), (a_law, 30.0)])
def test_the_laws_cost_what_eight_bits_cost(said: Samples, law: object, least: float) -> None:
    """G.711 has 33 to 38 dB of signal to quantising noise over its whole range."""
    assert callable(law)
    assert least < _decibels(said, law(said)) < 45.0
    assert np.allclose(law(np.zeros(10)), 0.0, atol=1e-3)


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name.startswith(("babble", "street"))])
def test_noise_is_as_loud_as_told(said: Samples, name: str) -> None:
    """So many dB below the speech, give or take what is clipped."""
    wanted = float(name.partition("-")[2])
    others = [np.roll(said, 1000 * n) for n in range(8)]
    noisy = CONDITIONS[name](said, np.random.default_rng(1), others)
    measured = 20 * np.log10(speech_level(said) / np.std(noisy - said))
    assert measured == pytest.approx(wanted, abs=1.0)


def test_packets_are_lost_as_told(said: Samples) -> None:
    """The share of frames that differ is the share that was lost."""
    long = np.tile(said + 0.01, 20)
    lost = lossy(0.05)(long, np.random.default_rng(1), ())
    frames = (long != lost)[: len(long) // 160 * 160].reshape(-1, 160).any(axis=1)
    assert float(frames.mean()) == pytest.approx(0.05, abs=0.01)


def test_every_line_keeps_the_length(said: Samples) -> None:
    """And stays within full scale."""
    for name, spoil in CONDITIONS.items():
        out = spoil(said, np.random.default_rng(2), [said] * 6)
        assert len(out) == len(said) and np.abs(out).max() < 1.6, name


# --- sets ----------------------------------------------------------------------------------------


def _no_voice(text: str, language: str, voice: str, pace: float) -> Samples:
    return np.zeros(8000)


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_the_same_seed_gives_the_same_sets(language: str) -> None:
    """Names, texts and halves stay; both halves have enough; another seed gives others."""
    first, second = (list(synthetic_items(language, SETS, 40, 1, _no_voice)) for _ in range(2))
    assert [(one.name, one.split) for one in first] == [(one.name, one.split) for one in second]
    other = {one.name for one in synthetic_items(language, SETS, 40, 2, _no_voice)}
    assert len({one.name for one in first} - other) > 60
    for name in SETS:
        halves = [one.split for one in first if one.set == name]
        assert min(halves.count("test"), halves.count("tuning")) >= 10, name
    assert len({one.speaker for one in first if one.set == "yes_no"}) >= 9


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_a_wish_is_what_the_dialogs_take_it_for(language: str) -> None:
    """Else a right answer would count as a mistake."""
    for wish, texts in WISHES[language].items():
        for text in texts:
            found = find_universal(
                Heard((Alternative(text, 0.99),)), language, ("es", "ca", "en"), one_key=True
            )
            assert found is not None and found.value == wish, text


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_each_menu_takes_its_answers_for_what_they_mean(language: str) -> None:
    """Also beside what may be asked for anywhere: "clave" is no "repita"."""
    for item in synthetic_items(language, ("menu", "other_menus"), 1000, 1, _no_voice):
        found = judged(item, Heard((Alternative(item.text, 0.99),)))
        assert isinstance(found, Match) and found.value == item.value, item.text


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_what_is_no_answer_holds_none(language: str) -> None:
    """Else right answers would count as mistakes. ("Caldo" is like "saldo", and may be asked back.)"""
    spoken = [text for text in OTHER_WORDS[language] if _answers(text, language)]
    assert spoken == []
    foreign = [text for texts in FOREIGN.values() for text in texts if _answers(text, language)]
    assert foreign == []


def _answers(text: str, language: str) -> bool:
    given = Heard((Alternative(text, 0.99),))
    kinds = questions(menu_kind(), language)
    found = [kind.judge(given, Asking(language, NOW)) for kind in kinds]
    sure = any(isinstance(one, Match) and one.band == "sure" for one in found)
    return sure or find_universal(given, language, ("es", "ca", "en"), one_key=False) is not None


def test_what_is_no_answer_comes_from_everywhere(tmp_path: Path) -> None:
    """Every source and question, the same for the same seed, loud enough to be heard and not clipped."""
    for name in (*STUDIO_SENTENCES, *STUDIO_WORDS):
        write_wav(tmp_path / f"{name}.wav", noise(0.5, 3000))
    speak = lambda *_args: to_samples(tones(150, 300, 450, seconds=0.5))  # noqa: E731 - a speaker of one line
    first, second = (
        list(synthetic_items("ca", ["nothing"], 96, 1, speak, studios={"es": tmp_path})) for _ in range(2)
    )
    assert [one.name for one in first] == [one.name for one in second]
    assert len({one.name for one in first}) == 96 and {one.value for one in first} == {""}
    assert {one.kind.name for one in first} == {"yes_no", "choice", "digits"}
    for source in ("noise", "music", "cross-talk", "another language", "other words", "studio word"):
        assert any(source in one.speaker for one in first), source
    loudest = [float(np.abs(one.sound()).max()) for one in first]
    assert min(loudest) > 0.01 and max(loudest) <= 1.0


def test_people_say_numbers_word_by_word(tmp_path: Path) -> None:
    """A studio's words are joined in the order in which the number is said; one that is missing is named."""
    folder = tmp_path / "digits"
    for at, name in enumerate(("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")):
        write_wav(folder / f"{name}.wav", tones(400 + 100 * at, seconds=0.2))
    item = next(studio_items("es", tmp_path, ["digits"], 1, 1))
    sound = item.sound()
    assert item.human and len(item.value) == 4 and 0.8 < len(sound) / 8000 < 2.0
    (folder / f"{item.value[0]}.wav").unlink()
    with pytest.raises(MeasurementImpossible, match="is not there"):
        item.sound()


@pytest.mark.parametrize(
    ("amount", "spanish", "english"),
    [
        (1, "1", "1"),
        (21, "21", "20 1"),
        (45, "40 and 5", "40 5"),
        (100, "hundred", "1 hundred"),
        (142, "100-and 40 and 2", "1 hundred 40 2"),
        (1005, "thousand 5", "1 thousand 5"),
        (9730, "9 thousand 700 30", "9 thousand 7 hundred 30"),
    ],
)
def test_amounts_are_said_as_the_studio_can(amount: int, spanish: str, english: str) -> None:
    """The files' names, in order."""
    from ivr.evaluation.material import _english_amount, _spanish_amount  # noqa: PLC0415 - what is tested

    assert " ".join(_spanish_amount(amount)) == spanish
    assert " ".join(_english_amount(amount)) == english


# --- results -------------------------------------------------------------------------------------


@dataclass
class PaperEngine:
    """Hears what the test says, whatever the sound."""

    text: str
    confidence: float
    engine: str = "paper"

    def languages(self) -> frozenset[str]:
        """All."""
        return frozenset({"es"})

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> PaperEngine:
        """Itself."""
        assert "operador" in phrases
        return self

    def feed(self, samples: bytes) -> None:
        """Nothing."""

    def pause(self) -> None:
        """Nothing."""

    def resume(self) -> None:
        """Nothing."""

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """Nothing."""
        return ()

    def cancel(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def finish(self, timeout: float) -> Hypothesis:
        """What it hears."""
        readings = (Reading(self.text, self.confidence),) if self.text else ()
        return Hypothesis(readings, self.engine, 1.0, 0.1)


def _item(name: str, speak: object) -> Item:
    assert callable(speak)
    return next(one for one in synthetic_items("es", [name], 12, 1, speak) if one.text)


@pytest.mark.parametrize(
    ("set_", "text", "confidence", "outcome"),
    [
        ("menu", None, 0.9, "right_sure"),
        ("menu", None, 0.2, "right_check"),
        ("menu", "incidencia", 0.9, "wrong_sure"),
        ("menu", "otra cosa", 0.9, "rejected"),
        ("menu", "", 0.9, "rejected"),
        ("menu", "un operador", 0.9, "wrong_sure"),
        ("nothing", "sí", 0.9, "wrong_sure"),
        ("nothing", "", 0.9, "rejected"),
    ],
)
def test_outcomes_are_counted(
    speak: object, set_: str, text: str | None, confidence: float, outcome: str
) -> None:
    """Right, to be asked back, wrong, refused: as a question on a call would take it."""
    items = [one for one in synthetic_items("es", [set_], 12, 1, speak) if one.text and one.value != "ticket"]  # type: ignore[arg-type] # a fixture
    item = next(one for one in items if set_ == "menu" or one.kind.name == "yes_no")
    engine = PaperEngine(item.text if text is None else text, confidence)
    results = measure(engine, [item], ["clean"])
    assert [one.outcome for one in results] == [outcome]
    (cell,) = table(results)
    assert cell.report()["outcomes"] == {outcome: 1}
    assert (cell.exact == 1.0) is outcome.startswith("right")
    assert bool(mistakes(results)) is not (outcome.startswith("right") or (set_ == "nothing" and not text))


def test_a_line_is_the_same_each_time(speak: object) -> None:
    """Chance comes from the item's name and the line's: two engines hear the same noise."""
    sound = to_samples(tones(500, seconds=1.0))
    item = replace(_item("menu", speak), sound=lambda: sound)
    others = [to_samples(noise(2.0, 3000, seed=n)) for n in range(6)]
    assert spoilt(item, "babble-10", others) == spoilt(item, "babble-10", others)
    assert spoilt(item, "babble-10", others) != spoilt(item, "street-10", others)


def test_words_and_their_errors() -> None:
    """Signs and capitals are no errors, figures are said; edits are counted once each."""
    assert in_words("Cuatro, CINCO. 71", "es") == ["cuatro", "cinco", "siete", "uno"]
    assert edits(["a", "b", "c"], ["a", "x", "c", "d"]) == 2
    assert edits([], ["a"]) == edits(["a"], []) == 1
    assert edits(["a", "b"], ["a", "b"]) == 0


def test_the_picture_is_drawn(speak: object) -> None:
    """Well-formed, a bar for each line."""
    from xml.etree import ElementTree  # noqa: PLC0415 - only here

    item = _item("menu", speak)
    cells = table(measure(PaperEngine(item.text, 0.9), [item], ["clean", "pcma"]))
    root = ElementTree.fromstring(picture(cells, "a <title> & more"))
    assert root.tag.endswith("svg")
    assert {"clean", "pcma", "100.0% of 1"} <= {text.text for text in root.iter() if text.text}


def test_lines_stand_together_and_paces_are_told_apart(speak: object) -> None:
    """Slot, sentence and words, by line and by how fast was spoken; people have no pace."""
    item = _item("menu", speak)
    other = replace(_item("yes_no", speak), human=True, pace=None)
    said = [replace(item, pace=0.85), replace(item, pace=1.15), other]
    results = measure(PaperEngine(item.text, 0.9), said, ["clean", "pcma"])
    cells = table(results)
    assert [(cell.set, cell.condition) for cell in cells] == [
        *(("menu", "clean"), ("menu", "pcma"), ("yes_no", "clean"), ("yes_no", "pcma"))
    ]
    assert [cell.sentences for cell in cells] == [1.0, 1.0, 0.0, 0.0]
    by_pace = paces(results)
    assert [(cell.condition, cell.items) for cell in by_pace] == [("pace 0.85", 2), ("pace 1.15", 2)]
    drawn = picture(cells, "title", by_pace)
    assert drawn.count("menu, es, synthetic") == 2 and "menu, es, synthetic, by pace" in drawn


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--language", "ko", "--set", "digits"],
            "ko has no digits: it has yes_no and nothing (es, ca and en have digits",
        ),
        (["--language", "ko", "--engine", "whisper"], "leave out --engine whisper"),
        (["--out", "/proc/none"], "/proc/none cannot be written"),
    ],
)
def test_what_cannot_be_measured_is_said_before_it_is_begun(arguments: list[str], says: str) -> None:
    """One line with the remedy; not after hours, and no other measurement instead."""
    done = CliRunner().invoke(evaluate, ["speech", *arguments], obj=Settings())
    assert done.exit_code == 2 and says in done.output


# --- answering machines, and the commands --------------------------------------------------------


def test_answering_machines_are_told_from_people(speak: object) -> None:
    """A sample of `ivr eval answering`, both kinds, on a clean line and in babble: the promised shares."""
    calls = [c for c in answering.synthetic_answers("es", 1, speak) if c.speaker == "roa/es at 1.0"][::2]  # type: ignore[arg-type] # a fixture
    others = [calls[-1].sound()] * 6
    lines = ["clean", "babble-20"] * len(calls)
    told = [answering.hear(call, line, others) for call, line in zip(calls, lines, strict=False)]
    report = answering.report(told)
    assert report["people"] == 7 and report["machines"] == 3
    assert report["human_taken_for_machine"] <= 0.02 and report["machine_found"] >= 0.9
    assert report["tone_found"] >= 0.9 and report["decided_latest"] <= answering.DECIDED_WITHIN
    assert len(answering.mistaken(told)) <= 1


def test_without_apt_people_are_not_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is in the message, and nothing half is left in the cache."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(studio_voices, "installed", lambda _language: None)
    with pytest.raises(MeasurementImpossible, match="apt-get is not there"):
        studio_voices.voice_of("es")
    assert list((tmp_path / "cache" / "ivr" / "voices").iterdir()) == []


def test_the_command_for_answering_machines() -> None:
    """As an operator runs it, on a few calls: JSON at the end."""
    words = ["answering", "--language", "ca", "--items", "4", "--line", "clean", "--json"]
    done = CliRunner().invoke(evaluate, words, obj=Settings())
    assert done.exit_code == 0, done.output
    report = json.loads(done.output.splitlines()[-1])
    assert report["split"] == "test" and report["all"]["people"] + report["all"]["machines"] == 4


def test_nothing_to_measure_is_said() -> None:
    """People say no menus: one line, status 2."""
    words = ["speech", "--language", "ca", "--voices", "human", "--set", "menu"]
    done = CliRunner().invoke(evaluate, words, obj=Settings())
    assert done.exit_code == 2 and "there is nothing to measure" in done.output


@pytest.mark.long
def test_people_are_fetched_and_understood(tmp_path: Path) -> None:
    """Debian's package, six digit strings of a person, and their figures."""
    try:
        studio_voices.voice_of("es")
    except MeasurementImpossible as fault:
        pytest.skip(f"asterisk-core-sounds-es-wav: {fault}")
    words = ["speech", "--items", "6", "--set", "digits", "--language", "es", "--voices", "human", "--json"]
    done = CliRunner().invoke(evaluate, [*words, "--out", str(tmp_path)], obj=Settings())
    assert done.exit_code == 0, done.output
    (cell,) = json.loads(done.output.splitlines()[-1])["cells"]
    assert cell["items"] == 6 and cell["exact"] >= 0.6 and cell["wrong_sure"] == 0.0
    assert (tmp_path / "speech.svg").exists() and (tmp_path / "speech.json").exists()
