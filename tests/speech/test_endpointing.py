"""Where speech begins and ends: measured on synthesised callers, noise, keys and clicks.

webrtcvad's mode 2 was chosen on espeak speech in white and pink noise of RMS 30, 150 and 400: no
false start in 5 x 10 s for any mode, onset decided after 50 to 90 ms (mode 3 needs up to 150 in
noise), the end found within 90 ms.
"""

from __future__ import annotations

import numpy as np
import pytest

from speech.endpointing import (
    Endpointer,
    Event,
    NothingSaid,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TooLong,
    is_keypad_tone,
)
from speech.pyttsx3 import Pyttsx3
from tests.speech.conftest import mixed, noise, silence, tones

FRAME = 320


def _run(endpointer: Endpointer, sound: bytes) -> list[tuple[float, Event]]:
    """Every event with the stream's position at which it came."""
    found = []
    for place in range(0, len(sound) // FRAME * FRAME, FRAME):
        for event in endpointer.push(sound[place : place + FRAME]):
            found.append((endpointer.position, event))
    return found


def _edges(sound: bytes) -> tuple[float, float]:
    loud = np.flatnonzero(np.abs(np.frombuffer(sound, "<i2").astype(int)) > 500)
    return loud[0] / 8000, loud[-1] / 8000


@pytest.mark.parametrize("rms", [0, 100, 300])
@pytest.mark.parametrize("text", ["sí", "quiero saber mi saldo", "cuatro, cinco", "adiós"])
def test_speech_is_noticed_soon_and_ends_where_it_ends(speaker: Pyttsx3, text: str, rms: float) -> None:
    """Barge-in: the onset is decided within 110 ms; the end is where the voice ended."""
    speech = silence(1.0) + speaker.speak(text, language="es") + silence(1.5)
    began, ended = _edges(speech)
    events = _run(Endpointer(), mixed(speech, noise(len(speech) / 16000, rms)))
    (decided, start), (_at, end) = events[0], events[-1]
    assert isinstance(start, SpeechStarted) and isinstance(end, SpeechEnded)
    assert 0 < decided - began <= 0.15
    assert abs(start.at - began) <= 0.08
    assert abs(end.speech_end - ended) <= 0.15
    assert end.at - end.speech_end == pytest.approx(0.7, abs=0.001)


def _babble(speaker: Pyttsx3, seconds: float, below: float) -> bytes:
    """Six people who talk at once, so many dB below a synthesised voice's level."""
    said = np.frombuffer(
        speaker.speak("entonces le dije que no podía ser porque ya estaba cerrado", language="es"), "<i2"
    ).astype(float)
    whole = sum(np.resize(np.roll(said, 3100 * at), round(seconds * 8000)) for at in range(6))
    wanted = 32768 * 10 ** ((-19 - below) / 20)
    return np.asarray(whole * wanted / np.std(whole)).astype("<i2").tobytes()


@pytest.mark.parametrize("below", [20, 14])
@pytest.mark.parametrize("text", ["no", "quiero saber mi saldo"])
def test_others_who_talk_behind_do_not_keep_an_utterance_open(
    speaker: Pyttsx3, text: str, below: float
) -> None:
    """A television or a café: the answer ends as it does on a quiet line, a little later at most."""
    words = silence(0.5) + speaker.speak(text, language="es")
    speech = words + silence(5.0)
    line = mixed(speech, _babble(speaker, len(speech) / 16000, below))
    ends = [event for _at, event in _run(Endpointer(), line) if isinstance(event, SpeechEnded)]
    assert ends and -0.3 < ends[0].speech_end - _edges(words)[1] < 0.5


def _lower(sound: bytes, decibels: float) -> bytes:
    return (np.frombuffer(sound, "<i2") * 10 ** (-decibels / 20)).astype("<i2").tobytes()


def _television(speaker: Pyttsx3, seconds: float, below: float) -> bytes:
    """One clean voice that speaks all the time, so many dB below a synthesised caller."""
    news = speaker.speak(
        "y en otras noticias el gobierno ha anunciado que las obras de la nueva línea comenzarán en otoño",
        language="es",
    )
    began, ended = _edges(news)
    whole = np.frombuffer(news, "<i2")[round(began * 8000) : round(ended * 8000)]
    return _lower(np.resize(whole, round(seconds * 8000)).tobytes(), below)


@pytest.mark.parametrize("below", [22, 26])
@pytest.mark.parametrize("text", ["sí", "no, gracias", "quiero saber mi saldo"])
def test_one_voice_far_behind_does_not_keep_an_utterance_open(
    speaker: Pyttsx3, text: str, below: float
) -> None:
    """A television on an otherwise quiet line: the answer ends 0.4 s later at most."""
    words = silence(0.5) + speaker.speak(text, language="es")
    line = mixed(words + silence(6.0), _television(speaker, len(words) / 16000 + 6.0, below))
    ends = [event for _at, event in _run(Endpointer(), line) if isinstance(event, SpeechEnded)]
    assert ends and -0.3 < ends[0].speech_end - _edges(words)[1] < 0.5


@pytest.mark.parametrize("each", [3.0, 5.0])
@pytest.mark.parametrize("final_silence", [0.4, 0.7])
def test_who_trails_off_is_heard_to_the_end(speaker: Pyttsx3, each: float, final_silence: float) -> None:
    """Softer with every word: "pues… y… creo que… sí"."""
    words = [speaker.speak(text, language="es") for text in ("pues mire", "yo", "creo que", "sí")]
    whole = [_lower(word, each * place) + silence(0.1) for place, word in enumerate(words)]
    speech = silence(1.0) + b"".join(whole)
    end = _run(Endpointer(final_silence=final_silence), speech + silence(2.0))[-1][1]
    assert isinstance(end, SpeechEnded) and end.speech_end > len(speech) / 16000 - 0.1 - 0.35


@pytest.mark.parametrize(("noisy", "lower"), [(False, 15.0), (True, 6.0)])
def test_who_lowers_their_voice_goes_on_speaking(speaker: Pyttsx3, noisy: bool, lower: float) -> None:
    """A quiet line hears them all the same; where others talk behind they must stay above those."""
    first, second = (speaker.speak(text, language="es") for text in ("cuatro cinco seis", "siete ocho"))
    softly = (np.frombuffer(second, "<i2") * 10 ** (-lower / 20)).astype("<i2").tobytes()
    speech = silence(1.0) + first + silence(0.2) + softly
    line = speech + silence(2.0)
    behind = _babble(speaker, len(line) / 16000, 20) if noisy else noise(len(line) / 16000, 0)
    end = _run(Endpointer(), mixed(line, behind))[-1][1]
    assert isinstance(end, SpeechEnded) and end.speech_end > len(speech) / 16000 - 0.35


def test_what_is_handed_over_begins_before_the_speech(speaker: Pyttsx3) -> None:
    """The pre-roll holds the first consonant: the handed-over audio ends with this frame, unbroken."""
    speech = silence(1.0) + speaker.speak("saldo", language="es") + silence(1.0)
    decided, start = _run(Endpointer(pre_roll=0.26), speech)[0]
    assert isinstance(start, SpeechStarted)
    end = round(decided * 8000) * 2
    assert start.audio == speech[end - len(start.audio) : end]
    assert (end - len(start.audio)) / 16000 == pytest.approx(start.at - 0.26, abs=0.001)


def test_a_pause_starts_the_decoder_and_going_on_voids_it(speaker: Pyttsx3) -> None:
    """A caller who thinks between two numbers is one utterance, with a pause and a resumption."""
    word = speaker.speak("cuatro", language="es")
    sound = silence(0.5) + word + silence(0.5) + word + silence(1.2)
    kinds = [type(event) for _at, event in _run(Endpointer(final_silence=0.9), sound)]
    assert kinds == [SpeechStarted, SpeechPaused, SpeechResumed, SpeechPaused, SpeechEnded]


def _reopened(speaker: Pyttsx3, after: bytes) -> list[tuple[float, Event]]:
    """What is told of a sound that comes 0.2 s after an answer has ended."""
    ear = Endpointer(final_silence=0.5)
    _run(ear, silence(0.5) + speaker.speak("sí, claro", language="es") + silence(1.0))
    assert ear.done
    ear.reopen()
    return _run(ear, silence(0.2) + after)


def test_who_goes_on_after_the_end_is_heard_and_ends_anew(speaker: Pyttsx3) -> None:
    """Once reopened, until whoever speaks falls silent again; silence tells nothing."""
    assert _reopened(speaker, silence(20.0)) == []
    more = speaker.speak("perdón, no", language="es")
    events = _reopened(speaker, more + silence(1.0))
    kinds = [type(event) for _at, event in events]
    assert (kinds[0], kinds[-1]) == (SpeechResumed, SpeechEnded) and SpeechStarted not in kinds
    end = events[-1][1]
    assert isinstance(end, SpeechEnded) and end.speech_seconds > 0.6


def test_what_is_no_voice_of_theirs_does_not_reopen_an_answer(speaker: Pyttsx3) -> None:
    """Keys, clicks, and a voice much softer than theirs."""
    key = tones(770, 1336, seconds=0.12) + silence(0.1)
    for sound in (key * 4, noise(0.01, 9000), noise(3.0, 300), _television(speaker, 3.0, 15)):
        assert _reopened(speaker, sound + silence(1.0)) == []


def test_who_goes_on_beyond_the_longest_time_is_cut_there(speaker: Pyttsx3) -> None:
    """It runs from the beginning of the answer, silences included."""
    ear = Endpointer(longest=3.0, final_silence=0.5)
    word = speaker.speak("sí, claro", language="es")
    _run(ear, silence(0.5) + word + silence(1.0))
    ear.reopen()
    events = _run(ear, silence(0.2) + word * 4)
    assert isinstance(events[-1][1], TooLong) and ear.done
    assert ear.position == pytest.approx(0.5 + 3.0, abs=0.2)


def test_silence_is_nothing_said() -> None:
    """The initial time-out runs in audio time, to the frame."""
    events = _run(Endpointer(initial_timeout=2.0), silence(3.0))
    assert events == [(2.0, NothingSaid(2.0))]


def test_the_time_out_runs_from_the_end_of_the_prompt() -> None:
    """While the prompt plays nobody has to answer: the clock starts with `arm`."""
    endpointer = Endpointer(initial_timeout=None)
    assert _run(endpointer, silence(20.0)) == []
    endpointer.arm(1.0)
    assert _run(endpointer, silence(2.0)) == [(pytest.approx(21.0), NothingSaid(pytest.approx(21.0)))]


def test_speech_that_began_in_time_is_heard_out(speaker: Pyttsx3) -> None:
    """Who begins a moment before the time-out is not cut off by it."""
    speech = silence(0.9) + speaker.speak("quiero saber mi saldo", language="es") + silence(1.0)
    kinds = [type(event) for _at, event in _run(Endpointer(initial_timeout=1.2), speech)]
    assert NothingSaid not in kinds
    assert kinds[-1] is SpeechEnded


def test_someone_who_never_stops_is_cut(speaker: Pyttsx3) -> None:
    """A radio in the background must not hold the line for ever."""
    speech = speaker.speak("Buenos días. " * 20, language="es")
    events = _run(Endpointer(longest=4.0, final_silence=3.0), silence(0.5) + speech)
    assert isinstance(events[-1][1], TooLong)
    start = events[0][1]
    assert isinstance(start, SpeechStarted)
    assert events[-1][0] - start.at == pytest.approx(4.0, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "rms"),
    [("white", 30), ("white", 400), ("white", 1000), ("pink", 30), ("pink", 400), ("pink", 600)],
)
def test_steady_noise_is_no_speech(kind: str, rms: float) -> None:
    """A bad line is silence: half a minute of it starts nothing."""
    assert _run(Endpointer(initial_timeout=None), noise(30.0, rms, kind=kind)) == []


@pytest.mark.parametrize("key", [(697, 1209), (770, 1336), (852, 1477), (941, 1633)])
def test_keys_in_the_audio_are_no_speech(key: tuple[int, int]) -> None:
    """A caller who answers by keys is not taken to be speaking, whatever the tones' length."""
    one = tones(*key, seconds=0.12) + silence(0.08)
    sound = mixed(silence(1.0) + one * 5 + silence(1.0), noise(3.0, 30))
    assert _run(Endpointer(initial_timeout=None), sound) == []
    assert is_keypad_tone(tones(*key, seconds=0.06))


def test_a_vowel_is_no_key(speaker: Pyttsx3) -> None:
    """The rule against tones must not eat speech."""
    for text in ("aaa", "iii", "uuu", "no", "sí"):
        sound = speaker.speak(text, language="es")
        assert not any(is_keypad_tone(sound[p : p + 960]) for p in range(0, len(sound) - 960, 320))


def test_clicks_are_no_speech() -> None:
    """A handset put on a table is 10 ms of noise, not a word."""
    click = noise(0.01, 9000)
    sound = silence(1.0) + (click + silence(0.4)) * 4
    assert _run(Endpointer(initial_timeout=None), mixed(sound, noise(2.7, 20))) == []


def test_speech_from_the_first_sample_is_speech(speaker: Pyttsx3) -> None:
    """Someone already talking when listening begins is not mistaken for the line's noise."""
    speech = speaker.speak("quiero saber mi saldo", language="es") + silence(1.0)
    events = _run(Endpointer(), speech)
    assert isinstance(events[0][1], SpeechStarted) and events[0][0] < 0.3
    assert isinstance(events[-1][1], SpeechEnded)


def test_a_spent_endpointer_says_nothing_more(speaker: Pyttsx3) -> None:
    """One question, one end: later audio belongs to the next question."""
    endpointer = Endpointer()
    _run(endpointer, silence(0.5) + speaker.speak("sí", language="es") + silence(1.0))
    assert endpointer.done and not endpointer.speaking
    assert _run(endpointer, speaker.speak("no", language="es")) == []


def test_a_broken_frame_is_refused() -> None:
    """Half a frame would shift every position after it."""
    with pytest.raises(ValueError, match="whole frames"):
        Endpointer().push(bytes(321))


def test_positions_begin_where_the_stream_is(speaker: Pyttsx3) -> None:
    """Events are in seconds of the live audio, whose start the question did not see."""
    speech = silence(0.5) + speaker.speak("sí", language="es") + silence(1.0)
    plain, shifted = _run(Endpointer(), speech), _run(Endpointer(start=100.0), speech)
    assert [at + 100.0 for at, _event in plain] == pytest.approx([at for at, _event in shifted])
    assert shifted[0][1].at == pytest.approx(plain[0][1].at + 100.0)


@pytest.mark.parametrize("seconds", [0.045, 0.05, 0.06])
def test_a_sound_as_short_as_speech_can_be_may_be_gone_on_from(speaker: Pyttsx3, seconds: float) -> None:
    """A plop, a syllable that is cut: all its voice was in its onset, and who goes on is measured by that."""
    plop = tones(*(150.0 * harmonic for harmonic in range(1, 12)), seconds=seconds, peak=9000.0)
    endpointer = Endpointer(final_silence=0.5, initial_timeout=None)
    heard = _run(endpointer, mixed(silence(1.0) + plop + silence(1.0), noise(2.0 + seconds, 5)))
    assert isinstance(heard[-1][1], SpeechEnded)
    endpointer.reopen()
    assert _run(endpointer, noise(0.5, 5)) == []
    assert isinstance(_run(endpointer, speaker.speak("perdón, no", language="es"))[0][1], SpeechResumed)


def _spoken_into(behind: bytes, words: bytes) -> tuple[Endpointer, bytes]:
    """The ear at the end of an answer, and what is behind from there on."""
    endpointer = Endpointer(initial_timeout=None)
    _run(endpointer, mixed(words, behind[: len(words)]))
    at = len(words) // FRAME * FRAME
    while not endpointer.done:
        endpointer.push(behind[at : at + FRAME])
        at += FRAME
    endpointer.reopen()
    return endpointer, behind[at:]


def test_others_who_talk_behind_do_not_go_on_for_the_caller(speaker: Pyttsx3, caller: Pyttsx3) -> None:
    """A café: an answer that others begin anew ends at its longest time; it was one in five. Who goes on as
    loud as before is heard over them."""
    second = caller.speak("perdón, que no", language="es")
    others = theirs = answers = 0
    for text in ("no", "quiero saber mi saldo"):
        words = caller.speak(text, language="es")
        for below in (5, 6, 7, 8, 9):
            behind = _babble(speaker, 25.0, below)
            for second_at in range(8):
                endpointer, rest = _spoken_into(behind[second_at * 16000 :], words)
                moment, later = rest[: FRAME * 50], rest[FRAME * 50 :]
                answers += 1
                if _run(endpointer, moment):
                    others += 1
                else:
                    theirs += bool(_run(endpointer, mixed(second, later[: len(second)])))
    assert others * 10 <= answers and theirs == answers - others, (answers, others, theirs)
