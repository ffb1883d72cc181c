"""Phones read off a sound, and expected phrases laid along them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.evaluation.material import VOICES
from ivr.evaluation.spoiling import babble
from speech.clips import Clip as Stretch
from speech.clips import clips_of, cut, within
from speech.espeak_phones import EspeakPhones
from speech.expected_phrases import nearest
from speech.in_front import in_front
from speech.models import ModelStore
from speech.phone_alignment import courses, fits
from speech.phone_frames import PAUSE, PhoneNet, Sounding, neighbours
from speech.phonetics import Spelling
from speech.pyttsx3 import Pyttsx3, Voice
from speech.sound import to_pcm, to_samples
from speech.whisper_decoding import Ear
from tests.models import need_model
from tests.speech.phone_learning import Clip, joined, learnt, saved
from tests.speech.phone_times import along
from tests.speech.train_phones import BASES, LANGUAGES, VARIANTS, evaluated, texts

SYMBOLS = (PAUSE, "a", "n", "o", "s", "i")
SI, NO = ((("s", "i"),),), ((("n", "o"),),)


def _said(*phones: str, others: float = -5.0) -> Sounding:
    """A sound in which each frame is clearly one phone."""
    logs = np.full((len(phones), len(SYMBOLS)), others, dtype=np.float32)
    for frame, phone in enumerate(phones):
        logs[frame, SYMBOLS.index(phone)] = 0.0
    return Sounding(logs, SYMBOLS, 0.02 * sum(phone != PAUSE for phone in phones))


def test_a_phrase_that_was_said_lies_along_its_phones_at_no_cost() -> None:
    """However long each phone is held, with pauses around it and between words, or none."""
    yes = _said(PAUSE, PAUSE, "s", "i", "i", "i", PAUSE)
    assert fits(yes, [SI, NO]) == [0.0, -20.0]
    assert fits(_said("n", "o"), [SI, NO])[1] == 0.0
    twice = ((("n", "o"), ("n", "o")),)
    assert fits(_said("n", "o", PAUSE, PAUSE, "n", "o"), [twice]) == [0.0]
    assert fits(_said("n", "o", "n", "n", "o"), [twice]) == [0.0]


def test_one_phone_may_be_swallowed_at_a_price() -> None:
    """ "Ano" is nearer to "no" than to "sí", and costs what a phone that is not there costs."""
    said = _said("n", "o", "o")
    longer = ((("a", "n", "o"),),)
    assert fits(said, [longer])[0] == -8.0
    assert fits(said, [longer])[0] > fits(said, [SI])[0]


def test_the_best_accent_counts_and_unknown_phones_are_left_out() -> None:
    """Of two pronunciations one was said; a phone that the net never met is no reason to refuse the rest."""
    both = ((("s", "a"),), (("s", "i"),))
    assert fits(_said("s", "i"), [both, ((("ʘ", "s", "i"),),)]) == [0.0, 0.0]
    assert fits(_said("s", "i"), [(), ((("ʘ",),),)]) == [-np.inf, -np.inf]
    assert fits(Sounding(np.zeros((0, 6), np.float32), SYMBOLS, 0.0), [SI]) == [-np.inf]


def test_the_course_of_a_phrase_tells_what_else_is_said_and_what_is_rushed() -> None:
    """Who goes on behind a "no" in front has not said it alone; a phone of one frame or none is brief."""
    alone = _said(PAUSE, "n", "n", "o", "o", "o", PAUSE, PAUSE, others=-20.0)
    course = courses(alone, [NO])[0]
    assert course is not None and (course.brief, course.after, course.at_once) == pytest.approx((0, 0, 0))
    assert course.until == pytest.approx(0.1)
    more = courses(_said("n", "n", "o", "o", "s", "s", "i", "i", "a", "a", PAUSE, others=-20.0), [NO])[0]
    assert more is not None and more.until == pytest.approx(0.08)
    assert more.after == pytest.approx(0.12) and more.at_once == pytest.approx(6 / 8)
    rushed = courses(_said("n", "o", "o", "o", others=-20.0), [((("n", "a", "o"),),)])[0]
    assert rushed is not None and rushed.brief == pytest.approx(2 / 3)


def test_the_course_is_that_of_the_accent_that_lies_best() -> None:
    """As its fit; a phrase whose phones nobody knows has none, and so has silence."""
    said = _said("s", "s", "i", "i", "a", "a", others=-20.0)
    both = ((("n", "o"),), (("s", "i"),))
    first, unknown = courses(said, [both, ((("ʘ",),),)])
    assert first == courses(said, [SI])[0] and unknown is None
    assert first is not None and first.after == pytest.approx(0.04)
    assert courses(Sounding(np.zeros((0, 6), np.float32), SYMBOLS, 0.0), [SI]) == [None]


def _talk(level: float, seconds: float) -> NDArray[np.float64]:
    """Something as loud as that."""
    return np.random.default_rng(5).normal(size=round(seconds * 8000)) * level


def test_in_front_is_who_stands_out() -> None:
    """Half a second 14 dB above what others say before and after; with 4 dB nobody can be told apart."""
    pcm = to_pcm(np.concatenate([_talk(0.02, 0.6), _talk(0.1, 0.5), _talk(0.02, 0.6)]))
    begin, end = in_front(pcm, 0, 85)
    assert 20 <= begin <= 30 and 55 <= end <= 65
    near = to_pcm(np.concatenate([_talk(0.06, 0.6), _talk(0.1, 0.5), _talk(0.06, 0.6)]))
    assert in_front(near, 0, 85) == (0, 85)


def test_on_a_quiet_line_all_is_in_front() -> None:
    """Also a word that is said 25 dB softer than another; and what is too short to tell."""
    line = [_talk(1e-4, 0.4), _talk(0.006, 0.3), _talk(1e-4, 0.2), _talk(0.1, 0.3), _talk(1e-4, 0.5)]
    begin, end = in_front(to_pcm(np.concatenate(line)), 20, 60)
    assert (begin, end) == (20, 60)
    assert in_front(b"", 0, 0) == (0, 0) and in_front(to_pcm(_talk(0.1, 0.04)), 0, 2) == (0, 2)


def test_where_nobody_is_in_front_a_pause_is_likelier(tmp_path: Path) -> None:
    """The same frames: in front they are phones, behind they are most likely others' speech."""
    chance = np.random.default_rng(3)

    def clip(phones: Sequence[str], clear: float = 3.0) -> Clip:
        frames = chance.normal(size=(len(phones), 8)) * 0.3
        for at, phone in enumerate(phones):
            frames[at, SYMBOLS.index(phone)] += clear
        return frames.astype(np.float16), phones

    saved(
        learnt([clip([str(p) for p in chance.choice(SYMBOLS[:3], 60)]) for _c in range(300)], epochs=4),
        tmp_path / "net.npz",
    )
    net = PhoneNet(tmp_path / "net.npz")
    frames = clip(["a"] * 20, clear=1.2)[0].astype(np.float32)
    pause = net.symbols.index(PAUSE)
    whole, half = net.heard(frames), net.heard(frames, (0, 10))
    assert np.allclose(whole.logs[:10], half.logs[:10])
    assert np.all(half.logs[10:, pause] > whole.logs[10:, pause])
    assert half.spoken < whole.spoken


def test_only_what_lies_near_is_looked_at_further() -> None:
    """The nearest first, at most eight; what is far from the best is left to the decoder."""
    assert nearest({"no": -3.0, "sí": -9.0, "una persona": -200.0}) == ["no", "sí"]
    assert len(nearest({str(at): -float(at) for at in range(30)})) == 8
    assert nearest({}) == [] and nearest({"no": -np.inf}) == []


def test_words_are_pronounced_one_by_one_in_each_accent() -> None:
    """Spanish as in America and in Spain; letters are no pronunciation."""
    spoken = EspeakPhones().pronounced("cinco veces", "es")
    assert [words[0][0] for words in spoken] == ["s", "θ"] and all(len(words) == 2 for words in spoken)
    assert EspeakPhones().pronounced("hola", "xx") == () and Spelling().pronounced("hola", "es") == ()


def test_neighbours_stop_at_the_edges() -> None:
    """The first and last frames stand for what lies outside."""
    assert neighbours(2).tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_evaluation_says_is_not_learnt_from(language: str) -> None:
    """Neither its sentences nor its voices; the short answers that most callers give are learnt often."""
    said = Counter(texts(language, seed=1))
    assert evaluated(language) and evaluated(language).isdisjoint(said)
    learnt_from = {f"{base}+{variant}" for base in BASES[language] for variant in VARIANTS}
    assert learnt_from.isdisjoint(VOICES[language])
    assert all(said[text] >= 60 for text in ("no", {"en": "yes"}.get(language, "sí")))


def test_a_net_learns_and_is_kept_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two phones that differ in one number are told apart after a hundred steps, also from the file."""
    chance = np.random.default_rng(1)

    def clip(phones: Sequence[str]) -> Clip:
        frames = chance.normal(size=(len(phones), 8)) * 0.3
        for at, phone in enumerate(phones):
            frames[at, SYMBOLS.index(phone)] += 3
        return frames.astype(np.float16), phones

    clips = [clip([str(phone) for phone in chance.choice(SYMBOLS[:3], 60)]) for _clip in range(300)]
    file = tmp_path / "net.npz"
    saved(learnt(clips, epochs=4), file)
    net = PhoneNet(file)
    frames, phones = clip(["a", "a", "n", "n", PAUSE, PAUSE, "n", "a"])
    heard = net.heard(frames.astype(np.float32))
    assert [net.symbols[at] for at in heard.logs.argmax(axis=1)] == phones
    assert heard.spoken == pytest.approx(0.12)
    assert net.size == 8 and "round 4" in capsys.readouterr().out


def test_nets_that_are_joined_tell_the_mean_of_what_they_tell(tmp_path: Path) -> None:
    """Frame by frame, phone by phone; a phone that only the first one knows is left to it."""
    chance = np.random.default_rng(2)

    def clips(phones: Sequence[str]) -> list[Clip]:
        return [
            (chance.normal(size=(30, 8)).astype(np.float16), list(chance.choice(phones, 30)))
            for _clip in range(40)
        ]

    one, other = (learnt(clips(SYMBOLS[:known]), epochs=2, seed=known) for known in (4, 3))
    nets = []
    for number, net in enumerate((one, other, joined([one, other]))):
        saved(net, tmp_path / f"{number}.npz")
        nets.append(PhoneNet(tmp_path / f"{number}.npz"))
    frames = chance.normal(size=(12, 8)).astype(np.float32)
    first, second, both = (net.heard(frames) for net in nets)
    assert both.symbols == first.symbols and second.symbols == (PAUSE, "a", "n")
    kept = [first.symbols.index(symbol) for symbol in second.symbols]

    def differences(logs: NDArray[np.float32]) -> NDArray[np.float32]:
        return logs - logs[:, :1]

    mean = (differences(first.logs[:, kept]) + differences(second.logs)) / 2
    assert np.allclose(differences(both.logs[:, kept]), mean, atol=0.05)
    assert both.logs[:, first.symbols.index("o")].max() < second.logs.min()


def test_espeak_tells_when_each_phone_sounds_and_they_are_found_again() -> None:
    """Its own times, and those that the path through a sound gives."""
    # Set up for times it is no engine for others: in a program of its own.
    asked = "TimedEspeak().say('sí no', 'roa/es+m1', words_per_minute=150, pitch=50)"
    program = f"from tests.speech.phone_times import *; s, t = {asked}; print(len(s), *(x.phone for x in t))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    samples, *phones = done.stdout.split()
    assert [phone for phone in phones if phone != PAUSE] == ["s", "i", "n", "o"] and int(samples) > 3000
    laid = along(_said(PAUSE, "n", "n", "o", "o", PAUSE), NO[0:1])
    assert laid is not None and laid[1] == 0.0
    assert "".join(one.phone for one in laid[0]) == "_nnoo_"
    assert along(_said("n"), NO) is None


def test_what_whisper_cannot_write_is_heard_all_the_same(speaker: Pyttsx3) -> None:
    """Lone nouns of Catalan and Spanish synthetic callers, others speaking 20 dB below: phones tell which."""
    need_model("whisper-base")
    ear, phonetics = Ear(ModelStore().ensure("whisper-base").folder, parallel=1), EspeakPhones()
    chance = np.random.default_rng(3)
    sentence = "Y entonces le dije que no podía ser, porque el martes ya estaba cerrado."
    behind = [to_samples(speaker.speak(sentence, language="es", pace=pace)) for pace in (0.7, 0.9, 1.1)]
    catalan = Pyttsx3(voices={"ca": Voice("roa/ca"), "es": Voice("roa/es")}, patience=10.0)
    try:
        for language, offered in {
            "es": ("saldo", "pedido", "incidencia", "horario", "un paquete"),
            "ca": ("saldo", "comanda", "incidència", "horari", "un paquet"),
        }.items():
            for said in offered[1:3]:
                sound = to_samples(catalan.speak(said, language=language))
                pcm = to_pcm(babble(20)(np.pad(sound, (2400, 4000)), chance, behind))
                clips = clips_of(pcm)
                span = Stretch(clips[0].start, clips[-1].end)
                front = in_front(pcm, span.start, span.end)
                sounding = ear.sounding(ear.listen(cut(pcm, span)), within(front, span))
                assert sounding is not None
                fitting = fits(sounding, [phonetics.pronounced(one, language) for one in offered])
                assert offered[int(np.argmax(fitting))] == said
    finally:
        catalan.close()
