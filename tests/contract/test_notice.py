"""Nothing of a call is recorded before its caller has heard that it is: dialog, session, switch together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.queue import Queue

from data.call_log import CallLog
from data.records import CallRecord
from data.spool import Spool
from dialogs.effects import Spoken
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.results import Failed
from ivr.clock import Clock
from ivr.living.services import Services
from ivr.moments import Moment, SystemSpoke
from ivr.records import Basis, Records
from ivr.session import Session
from speech.synthesizer import Waiting
from tests.contract.place import ALMOST_ALL, Application, Place, arrived, gone, pause, wav
from tests.contract.test_recording import is_whole, read
from tests.databases import store_at
from tests.dialogs.flowtext import flow_set
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise

FLOW = """flow: trial
languages: [es]
person: billing
recording_notice: {es: "Se graba."}
steps:
  - id: hello
    say: {es: "Hola."}
  - ask: more
    type: yes_no
    prompt: {es: "Algo."}
    answers: {yes: hello, no: bye}
  - id: bye
    hangup: normal
"""
SOUNDS = {"Hola.": noise(0.8, seed=11), "Se graba.": noise(0.8, seed=12), "Algo.": noise(1.0, seed=13)}


class Prompts:
    """Each sentence is a noise of its own, so that it is found again wherever it went."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            text: wav(folder / f"notice{at}.wav", sound) for at, (text, sound) in enumerate(SOUNDS.items())
        }

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        return self._files.get(spoken.text, self._files["Hola."])  # "Sorry, what?" is nobody's concern here


class NoLookups:
    """Nothing is looked up."""

    def ask(self, name: str, by: object) -> Failed:
        return Failed(name)


class Life:
    """A caller on the line, and a session that lives the call on the flow."""

    def __init__(
        self,
        place: Place,
        application: Application,
        folder: Path,
        flow: str,
        *,
        recordings: Path | None = None,
    ) -> None:
        self.moments: Queue[Moment] = Queue()
        self.store = store_at(folder / "ivr.sqlite3")
        self.recordings = recordings or place.folder / folder.name
        log = CallLog(self.store, Spool(folder / "spool"))
        self._records = Records(log, node="test", clock=Clock(), recordings=self.recordings)
        self.caller = place.caller()
        self.caller.call()
        self._leg = application.next_call()
        conversation = Conversation(flow_set(flow), "trial", Facts("es", recorded=True))
        record = self._records.begin(self._leg.call, Basis("trial", "1"), language="es")
        services = Services(
            prompts=Prompts(place.folder),
            recognizer=None,
            lookups=NoLookups(),
            clock=Clock(),
            watch=self.moments.put,
            longest_call=30.0,
        )
        self._session = gevent.spawn(Session(self._leg.call, conversation, record, services).live)
        assert self.caller.answered.wait(5)

    def until_said(self, step: str) -> None:
        while not (isinstance(moment := self.moments.get(timeout=8), SystemSpoke) and moment.step == step):
            pass

    def end(self) -> CallRecord:
        """Waits for the end, and gives what the database remembers."""
        self._session.join(timeout=8)
        self._leg.let_go()
        self._records.close()
        (record,) = self.store.calls.latest(1)
        self.store.close()
        return record


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def test_the_recording_begins_after_the_notice(place: Place, application: Application, folder: Path) -> None:
    """The caller hears all three sentences and speaks before and after; the file holds what came after."""
    before, after = noise(0.5, seed=21), noise(0.6, seed=22)
    life = Life(place, application, folder, FLOW)
    life.caller.say(before)
    life.until_said("more")
    pause(0.2)
    life.caller.say(after).wait(5)
    pause(0.5)
    life.caller.hang_up()
    record = life.end()
    gone(place)
    assert record.recording
    file = life.recordings / record.recording
    wait_until(lambda: is_whole(file), 3, "a complete recording")
    left, right = read(file)
    assert arrived(after, left) > ALMOST_ALL
    assert arrived(SOUNDS["Algo."], right) > ALMOST_ALL
    assert arrived(before, left) == 0
    assert arrived(SOUNDS["Hola."], right) == 0
    assert arrived(SOUNDS["Se graba."], right) == 0
    heard = b"".join(frame.samples for frame in life.caller.heard)
    assert arrived(SOUNDS["Se graba."], heard) > ALMOST_ALL


def test_who_does_not_agree_is_not_recorded(place: Place, application: Application, folder: Path) -> None:
    """No file, and the record names none; the call goes on."""
    life = Life(place, application, folder, FLOW.replace("steps:", "recording_consent: ask\nsteps:"))
    life.until_said("hello")
    life.until_said("recording_notice")
    life.caller.press("2")
    life.until_said("more")
    life.caller.hang_up()
    record = life.end()
    gone(place)
    assert not record.recording
    assert not list(life.recordings.rglob("*.wav"))
