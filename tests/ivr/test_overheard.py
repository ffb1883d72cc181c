"""A PIN that is told in a voice note, or beside a consent, does not stay in its sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from typing_extensions import override

from dialogs.effects import Collect, Hangup, Keys
from dialogs.results import Heard, Keyed, Match, NoMatch, Recorded
from ivr.living.overheard import AROUND
from ivr.living.services import Services
from ivr.recordings.muting import Spans, list_of, spans_of
from speech.errors import RecognizerTimeout
from speech.recognizer import Hypothesis, Reading
from tests.ivr.session_rig import Rig, spoken
from tests.ivr.test_session_messages import MESSAGE, TalkingInbox


class Ear:
    """A recogniser that hears the given texts, one for each utterance; `None`: too late."""

    engine = "paper"

    def __init__(self, *texts: str | None) -> None:
        self._texts = list(texts)
        self._said: str | None = None

    def languages(self) -> frozenset[str]:
        return frozenset({"es"})

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> Ear:
        one = Ear()
        one._said = self._texts.pop(0)
        return one

    def feed(self, samples: bytes) -> None:
        """Whatever it is."""

    def pause(self) -> None:
        """Nothing to do."""

    def resume(self) -> None:
        """Nothing to do."""

    def cancel(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    @property
    def so_far(self) -> tuple[Reading, ...]:
        return ()

    def finish(self, timeout: float) -> Hypothesis:
        if self._said is None:
            raise RecognizerTimeout(f"not within {timeout} s")
        return Hypothesis((Reading(self._said, 0.9),), self.engine, 1.0, 0.0)


class Breathing(TalkingInbox):
    """Others have their turn between two events."""

    @override
    def get(self, block: bool = True, timeout: float | None = None) -> object:
        gevent.sleep(0)
        return super().get(block, timeout)


class Listening(Rig):
    """With a recogniser."""

    def __init__(self, folder: Path, *texts: str | None) -> None:
        super().__init__(folder)
        self.clock.speed = 1.0  # the sound tells when it is over
        self.ear = Ear(*texts)

    @override
    def services(self) -> Services:
        return replace(super().services(), recognizer=self.ear)


def muted(rig: Rig, file: Path) -> Spans | None:
    listed = list_of(file)
    return spans_of(listed) if listed.exists() else None


@pytest.mark.parametrize("text", ["no va desde ayer", None])
def test_a_note_without_a_secret_stays_as_it_was_said(tmp_path: Path, text: str | None) -> None:
    """So does one whose words were not understood in time: nothing is lost with the recogniser."""
    rig = Listening(tmp_path, text)
    rig.call.inbox = TalkingInbox(100)
    dialog, _ = rig.live([MESSAGE, Hangup("bye")])
    (result,) = dialog.results
    assert isinstance(result, Recorded) and rig.call.voice is not None and rig.call.voice.exists()
    assert muted(rig, rig.call.voice) is None


def test_a_pin_that_is_told_in_a_note_is_silenced(tmp_path: Path) -> None:
    """In the note, and in the call's recording, which has it, too; nothing of it is in the record."""
    rig = Listening(tmp_path, "mi pin es el 4821")
    rig.call.inbox = TalkingInbox(100)
    dialog, record = rig.live([MESSAGE, Hangup("bye")])
    (result,) = dialog.results
    assert isinstance(result, Recorded) and rig.call.voice is not None and record.recording is not None
    note = muted(rig, rig.call.voice)
    assert note is not None and note.lasted is not None
    ((begin, end),) = note.spans
    assert begin < 0.2 and end > 2.0 + AROUND / 2
    call = muted(rig, tmp_path / "recordings" / record.recording)
    assert call is not None and len(call.spans) == 1
    assert "4821" not in repr(record)


def test_a_pin_that_cannot_be_silenced_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes no list: the note goes."""

    def full(*_file: object, **_what: float) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ivr.recordings.muting.note", full)
    rig = Listening(tmp_path, "mi pin es el 4821")
    rig.call.inbox = TalkingInbox(100)
    rig.live([MESSAGE, Hangup("bye")])
    assert rig.call.voice is not None and not rig.call.voice.exists()


def agreed(heard: Heard | Keyed) -> Match | NoMatch:
    text = heard.alternatives[0].text if isinstance(heard, Heard) else heard.keys
    return Match("yes", text, "voice", 0.9) if text.startswith("sí") else NoMatch(text)


CONSENT = Collect(
    prompt=spoken("¿acepta?"),
    step="terms",
    kind="yes_no",
    language="es",
    phrases=("sí",),
    keys=Keys(1, 1),
    judge=agreed,
    keep="consent",
)


@pytest.mark.parametrize(("said", "counts"), [("sí acepto", True), ("sí acepto mi pin es 4821", False)])
def test_a_yes_with_a_secret_beside_it_is_asked_again(tmp_path: Path, said: str, counts: bool) -> None:
    """What proves it is neither cut nor silenced, so it may hold nothing else."""
    rig = Listening(tmp_path, said)
    rig.call.inbox = Breathing(60)
    dialog, record = rig.live([CONSENT, Hangup("bye")])
    (result,) = dialog.results
    assert rig.call.voice is not None and rig.call.voice.exists() == counts
    assert isinstance(result, Match if counts else NoMatch)
    assert "4821" not in repr(record)
